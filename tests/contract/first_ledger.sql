-- A ledger as the first Closeloop wrote it, with people, mails in every state, and the same words sent twice.
BEGIN TRANSACTION;
CREATE TABLE account_facts (
	account_key VARCHAR NOT NULL, 
	facts TEXT NOT NULL, 
	expires_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (account_key)
);
INSERT INTO "account_facts" VALUES('north.example','[{"name":"employees","value":250,"source":"registry:north","observed_at":"2026-03-02T08:59:00Z","confidence":0.9,"as_of":null}]','2026-04-01T09:00:00.000000+00:00');
CREATE TABLE action_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	action_key VARCHAR NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	old_state VARCHAR(32), 
	new_state VARCHAR(32) NOT NULL, 
	attempt INTEGER NOT NULL, 
	worker VARCHAR, 
	detail VARCHAR NOT NULL, 
	provider_id VARCHAR, 
	CONSTRAINT event_is_a_legal_move CHECK ((old_state IS NULL AND new_state = 'planned') OR (old_state = 'planned' AND new_state IN ('claimed', 'skipped')) OR (old_state = 'claimed' AND new_state IN ('accepted', 'planned', 'rejected', 'skipped', 'uncertain')) OR (old_state = 'uncertain' AND new_state IN ('accepted', 'planned', 'rejected'))), 
	FOREIGN KEY(action_key) REFERENCES actions ("key"), 
	CONSTRAINT event_old_state CHECK (old_state IN ('planned', 'claimed', 'accepted', 'rejected', 'skipped', 'uncertain')), 
	CONSTRAINT event_new_state CHECK (new_state IN ('planned', 'claimed', 'accepted', 'rejected', 'skipped', 'uncertain'))
);
INSERT INTO "action_events" VALUES(1,'email:00Q1:approach:1','2026-03-02T09:00:00.000000+00:00',NULL,'planned',0,NULL,'due 2026-03-02 09:00 UTC',NULL);
INSERT INTO "action_events" VALUES(2,'email:00Q2:approach:1','2026-03-02T09:00:00.000000+00:00',NULL,'planned',0,NULL,'due 2026-03-02 09:00 UTC',NULL);
INSERT INTO "action_events" VALUES(3,'email:00Q3:approach:1','2026-03-02T09:00:00.000000+00:00',NULL,'planned',0,NULL,'due 2026-03-02 09:00 UTC',NULL);
INSERT INTO "action_events" VALUES(4,'email:00Q4:approach:1','2026-03-02T09:00:00.000000+00:00',NULL,'planned',0,NULL,'due 2026-03-02 09:00 UTC',NULL);
INSERT INTO "action_events" VALUES(5,'email:00Q5:approach:1','2026-03-02T09:00:00.000000+00:00',NULL,'planned',0,NULL,'due 2026-03-02 09:00 UTC',NULL);
INSERT INTO "action_events" VALUES(6,'task:00Q1:call:1','2026-03-02T09:00:00.000000+00:00',NULL,'planned',0,NULL,'due 2026-03-02 09:00 UTC',NULL);
INSERT INTO "action_events" VALUES(7,'email:00Q1:approach:1','2026-03-02T09:00:00.000000+00:00','planned','claimed',1,'host-1','',NULL);
INSERT INTO "action_events" VALUES(8,'email:00Q2:approach:1','2026-03-02T09:00:00.000000+00:00','planned','claimed',1,'host-1','',NULL);
INSERT INTO "action_events" VALUES(9,'email:00Q3:approach:1','2026-03-02T09:00:00.000000+00:00','planned','claimed',1,'host-1','',NULL);
INSERT INTO "action_events" VALUES(10,'email:00Q1:approach:1','2026-03-02T09:00:00.000000+00:00','claimed','accepted',1,NULL,'','sg-1');
INSERT INTO "action_events" VALUES(11,'email:00Q2:approach:1','2026-03-02T09:00:00.000000+00:00','claimed','skipped',1,NULL,'they replied',NULL);
INSERT INTO "action_events" VALUES(12,'email:00Q3:approach:1','2026-03-02T09:05:00.000000+00:00','claimed','uncertain',1,NULL,'its worker was not heard of again before the lease ran out',NULL);
INSERT INTO "action_events" VALUES(13,'email:00Q1:approach:2','2026-03-05T09:00:00.000000+00:00',NULL,'planned',0,NULL,'due 2026-03-05 09:00 UTC',NULL);
CREATE TABLE action_payloads (
	action_key VARCHAR NOT NULL, 
	payload JSON NOT NULL, 
	PRIMARY KEY (action_key), 
	FOREIGN KEY(action_key) REFERENCES actions ("key")
);
INSERT INTO "action_payloads" VALUES('email:00Q1:approach:1','{"subject":"A question about loom 1","text":"Hello Ana,\nhow old is loom 1?\n","html":"<p>Hello Ana</p>"}');
INSERT INTO "action_payloads" VALUES('email:00Q2:approach:1','{"subject":"A question about loom 1","text":"Hello Ana,\nhow old is loom 1?\n","html":"<p>Hello Ana</p>"}');
INSERT INTO "action_payloads" VALUES('email:00Q3:approach:1','{"subject":"A question about loom 1","text":"Hello Ana,\nhow old is loom 1?\n","html":"<p>Hello Ana</p>"}');
INSERT INTO "action_payloads" VALUES('email:00Q4:approach:1','{"subject":"A question about loom 1","text":"Hello Ana,\nhow old is loom 1?\n","html":"<p>Hello Ana</p>"}');
INSERT INTO "action_payloads" VALUES('email:00Q5:approach:1','{"subject":"A question about loom 1","text":"Hello Ana,\nhow old is loom 1?\n","html":"<p>Hello Ana</p>"}');
INSERT INTO "action_payloads" VALUES('task:00Q1:call:1','{"mail":{"subject":"A question about your looms"}}');
INSERT INTO "action_payloads" VALUES('email:00Q1:approach:2','{"subject":"A question about loom 1","text":"Hello Ana,\nhow old is loom 1?\n","html":"<p>Hello Ana</p>"}');
CREATE TABLE actions (
	"key" VARCHAR NOT NULL CONSTRAINT action_key_is_not_empty CHECK (key <> ''), 
	kind VARCHAR(32) NOT NULL, 
	prospect_key VARCHAR NOT NULL, 
	stage VARCHAR(32) NOT NULL, 
	due_at VARCHAR(32) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	attempt INTEGER NOT NULL, 
	worker VARCHAR, 
	lease_until VARCHAR(32), 
	detail VARCHAR NOT NULL, 
	provider_id VARCHAR, 
	PRIMARY KEY ("key"), 
	CONSTRAINT a_lease_exists_exactly_while_claimed CHECK ((state = 'claimed') = (lease_until IS NOT NULL AND worker IS NOT NULL)), 
	CONSTRAINT a_claim_is_an_attempt CHECK (attempt >= 0 AND (attempt > 0 OR state <> 'claimed')), 
	CONSTRAINT action_kind CHECK (kind IN ('email', 'task', 'convert')), 
	FOREIGN KEY(prospect_key) REFERENCES prospects ("key"), 
	CONSTRAINT action_stage CHECK (stage IN ('prospecting', 'preparation', 'approach', 'presentation', 'objections', 'closing', 'follow_up')), 
	CONSTRAINT action_state CHECK (state IN ('planned', 'claimed', 'accepted', 'rejected', 'skipped', 'uncertain'))
);
INSERT INTO "actions" VALUES('email:00Q1:approach:1','email','00Q1','approach','2026-03-02T09:00:00.000000+00:00','accepted',1,NULL,NULL,'','sg-1');
INSERT INTO "actions" VALUES('email:00Q2:approach:1','email','00Q2','approach','2026-03-02T09:00:00.000000+00:00','skipped',1,NULL,NULL,'they replied',NULL);
INSERT INTO "actions" VALUES('email:00Q3:approach:1','email','00Q3','approach','2026-03-02T09:00:00.000000+00:00','uncertain',1,NULL,NULL,'its worker was not heard of again before the lease ran out',NULL);
INSERT INTO "actions" VALUES('email:00Q4:approach:1','email','00Q4','approach','2026-03-02T09:00:00.000000+00:00','planned',0,NULL,NULL,'',NULL);
INSERT INTO "actions" VALUES('email:00Q5:approach:1','email','00Q5','approach','2026-03-02T09:00:00.000000+00:00','planned',0,NULL,NULL,'',NULL);
INSERT INTO "actions" VALUES('task:00Q1:call:1','task','00Q1','approach','2026-03-02T09:00:00.000000+00:00','planned',0,NULL,NULL,'',NULL);
INSERT INTO "actions" VALUES('email:00Q1:approach:2','email','00Q1','approach','2026-03-05T09:00:00.000000+00:00','planned',0,NULL,NULL,'',NULL);
CREATE TABLE crm_seen (
	record_id VARCHAR NOT NULL, 
	fields JSON NOT NULL, 
	PRIMARY KEY (record_id)
);
CREATE TABLE crm_writes (
	id INTEGER NOT NULL, 
	run_id VARCHAR NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	object VARCHAR NOT NULL, 
	record_id VARCHAR NOT NULL, 
	field VARCHAR NOT NULL, 
	"before" JSON, 
	"after" JSON, 
	reason VARCHAR NOT NULL, 
	prospect_key VARCHAR, 
	PRIMARY KEY (id)
);
INSERT INTO "crm_writes" VALUES(1,'run-1','2026-03-02T09:00:00.000000+00:00','Lead','00Q1','Status','"Open"','"Working"','the first mail was sent','00Q1');
CREATE TABLE cursors (
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "cursors" VALUES('leads','2026-03-02T09:00:00Z 00Q5');
CREATE TABLE decisions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	prospect_key VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	stage VARCHAR(32) NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	kind VARCHAR NOT NULL, 
	rule VARCHAR NOT NULL, 
	reasons JSON NOT NULL, 
	playbook_version VARCHAR NOT NULL, 
	detail JSON NOT NULL, 
	FOREIGN KEY(prospect_key) REFERENCES prospects ("key"), 
	CONSTRAINT decision_stage CHECK (stage IN ('prospecting', 'preparation', 'approach', 'presentation', 'objections', 'closing', 'follow_up'))
);
INSERT INTO "decisions" VALUES(1,'00Q1','run-1','approach','2026-03-02T09:00:00.000000+00:00','AskHuman','approach.first_touch','["fits the profile","has budget"]','7','{"step":1}');
INSERT INTO "decisions" VALUES(2,'00Q2','run-1','approach','2026-03-02T09:00:00.000000+00:00','AskHuman','it''s due: now','["fits the profile","has budget"]','7','{"step":1}');
CREATE TABLE prospects (
	"key" VARCHAR NOT NULL, 
	email VARCHAR NOT NULL, 
	domain VARCHAR, 
	name VARCHAR NOT NULL, 
	company VARCHAR NOT NULL, 
	owner_id VARCHAR NOT NULL, 
	contact_id VARCHAR, 
	account_id VARCHAR, 
	opportunity_id VARCHAR, 
	stage VARCHAR(32) NOT NULL, 
	standing VARCHAR(32) NOT NULL, 
	due_at VARCHAR(32), 
	changed BOOLEAN NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY ("key"), 
	CONSTRAINT prospect_stage CHECK (stage IN ('prospecting', 'preparation', 'approach', 'presentation', 'objections', 'closing', 'follow_up')), 
	CONSTRAINT prospect_standing CHECK (standing IN ('open', 'nurture', 'customer', 'lost', 'disqualified', 'stopped'))
);
INSERT INTO "prospects" VALUES('00Q1','00q1@north.example','north.example','ana moreau 00q1','north mills','005A',NULL,NULL,NULL,'prospecting','open','2026-03-02T09:00:00.000000+00:00',1,'{"key":"00Q1","crm":{"lead":"00Q1","contact":null,"account":null,"opportunity":null},"owner_id":"005A","owner_name":"","email":"00q1@north.example","first_name":"Ana","last_name":"Moreau 00Q1","title":null,"company":"North Mills","domain":"north.example","phone":null,"country":null,"language":"en","lead_source":null,"description":null,"stage":"prospecting","standing":"open","profile":"lead","reason":null,"stage_entered_at":"2026-03-02T09:00:00Z","due_at":"2026-03-02T09:00:00Z","opted_out":false,"facts":{},"score":null,"approach":null,"enrollment":null,"enrollments":{},"objection":null,"next_step":null,"amount":null,"deck":null,"pains":[],"touches":0,"mails":0,"replies":0,"closes":0,"last_touch_at":null,"last_reply_at":null,"predicted":null,"closed_at":null,"referred_by":null}');
INSERT INTO "prospects" VALUES('00Q2','00q2@north.example','north.example','ana moreau 00q2','north mills','005A',NULL,NULL,NULL,'prospecting','open','2026-03-02T09:00:00.000000+00:00',1,'{"key":"00Q2","crm":{"lead":"00Q2","contact":null,"account":null,"opportunity":null},"owner_id":"005A","owner_name":"","email":"00q2@north.example","first_name":"Ana","last_name":"Moreau 00Q2","title":null,"company":"North Mills","domain":"north.example","phone":null,"country":null,"language":"en","lead_source":null,"description":null,"stage":"prospecting","standing":"open","profile":"lead","reason":null,"stage_entered_at":"2026-03-02T09:00:00Z","due_at":"2026-03-02T09:00:00Z","opted_out":false,"facts":{},"score":null,"approach":null,"enrollment":null,"enrollments":{},"objection":null,"next_step":null,"amount":null,"deck":null,"pains":[],"touches":0,"mails":0,"replies":0,"closes":0,"last_touch_at":null,"last_reply_at":null,"predicted":null,"closed_at":null,"referred_by":null}');
INSERT INTO "prospects" VALUES('00Q3','00q3@north.example','north.example','ana moreau 00q3','north mills','005A',NULL,NULL,NULL,'prospecting','open','2026-03-02T09:00:00.000000+00:00',1,'{"key":"00Q3","crm":{"lead":"00Q3","contact":null,"account":null,"opportunity":null},"owner_id":"005A","owner_name":"","email":"00q3@north.example","first_name":"Ana","last_name":"Moreau 00Q3","title":null,"company":"North Mills","domain":"north.example","phone":null,"country":null,"language":"en","lead_source":null,"description":null,"stage":"prospecting","standing":"open","profile":"lead","reason":null,"stage_entered_at":"2026-03-02T09:00:00Z","due_at":"2026-03-02T09:00:00Z","opted_out":false,"facts":{},"score":null,"approach":null,"enrollment":null,"enrollments":{},"objection":null,"next_step":null,"amount":null,"deck":null,"pains":[],"touches":0,"mails":0,"replies":0,"closes":0,"last_touch_at":null,"last_reply_at":null,"predicted":null,"closed_at":null,"referred_by":null}');
INSERT INTO "prospects" VALUES('00Q4','00q4@north.example','north.example','ana moreau 00q4','north mills','005A',NULL,NULL,NULL,'prospecting','open','2026-03-02T09:00:00.000000+00:00',1,'{"key":"00Q4","crm":{"lead":"00Q4","contact":null,"account":null,"opportunity":null},"owner_id":"005A","owner_name":"","email":"00q4@north.example","first_name":"Ana","last_name":"Moreau 00Q4","title":null,"company":"North Mills","domain":"north.example","phone":null,"country":null,"language":"en","lead_source":null,"description":null,"stage":"prospecting","standing":"open","profile":"lead","reason":null,"stage_entered_at":"2026-03-02T09:00:00Z","due_at":"2026-03-02T09:00:00Z","opted_out":false,"facts":{},"score":null,"approach":null,"enrollment":null,"enrollments":{},"objection":null,"next_step":null,"amount":null,"deck":null,"pains":[],"touches":0,"mails":0,"replies":0,"closes":0,"last_touch_at":null,"last_reply_at":null,"predicted":null,"closed_at":null,"referred_by":null}');
INSERT INTO "prospects" VALUES('00Q5','00q5@north.example','north.example','ana moreau 00q5','north mills','005A',NULL,NULL,NULL,'prospecting','open','2026-03-02T09:00:00.000000+00:00',1,'{"key":"00Q5","crm":{"lead":"00Q5","contact":null,"account":null,"opportunity":null},"owner_id":"005A","owner_name":"","email":"00q5@north.example","first_name":"Ana","last_name":"Moreau 00Q5","title":null,"company":"North Mills","domain":"north.example","phone":null,"country":null,"language":"en","lead_source":null,"description":null,"stage":"prospecting","standing":"open","profile":"lead","reason":null,"stage_entered_at":"2026-03-02T09:00:00Z","due_at":"2026-03-02T09:00:00Z","opted_out":false,"facts":{},"score":null,"approach":null,"enrollment":null,"enrollments":{},"objection":null,"next_step":null,"amount":null,"deck":null,"pains":[],"touches":0,"mails":0,"replies":0,"closes":0,"last_touch_at":null,"last_reply_at":null,"predicted":null,"closed_at":null,"referred_by":null}');
CREATE TABLE quarantine (
	id INTEGER NOT NULL, 
	source VARCHAR NOT NULL, 
	line INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	body TEXT NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (source, line, digest)
);
CREATE TABLE receipts (
	id INTEGER NOT NULL, 
	action_key VARCHAR NOT NULL, 
	attempt INTEGER NOT NULL, 
	checked_at VARCHAR(32) NOT NULL, 
	"values" JSON NOT NULL, 
	verdict VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(action_key) REFERENCES actions ("key")
);
INSERT INTO "receipts" VALUES(1,'email:00Q1:approach:1',1,'2026-03-02T09:00:00.000000+00:00','{"reply":false}','send');
INSERT INTO "receipts" VALUES(2,'email:00Q2:approach:1',1,'2026-03-02T09:00:00.000000+00:00','{"reply":false}','send');
INSERT INTO "receipts" VALUES(3,'email:00Q3:approach:1',1,'2026-03-02T09:00:00.000000+00:00','{"reply":false}','send');
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	run_id VARCHAR NOT NULL, 
	stage VARCHAR NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (run_id, stage)
);
INSERT INTO "runs" VALUES(1,'run-1','approach','2026-03-02T09:00:00.000000+00:00','{"run_id":"run-1","stage":"approach","as_of":"2026-03-02T09:00:00Z","counts":{"touch":5},"holds":{}}');
CREATE TABLE signals (
	source VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	occurred_at VARCHAR(32) NOT NULL, 
	received_at VARCHAR(32) NOT NULL, 
	prospect_key VARCHAR, 
	action_key VARCHAR, 
	address VARCHAR, 
	body TEXT NOT NULL, 
	handled BOOLEAN NOT NULL, 
	understanding TEXT, 
	PRIMARY KEY (source, id), 
	CONSTRAINT signal_kind CHECK (kind IN ('reply', 'delivered', 'opened', 'clicked', 'bounced', 'blocked', 'dropped', 'spam_report', 'unsubscribed', 'processed', 'crm_changed'))
);
INSERT INTO "signals" VALUES('inbound','m1','reply','2026-03-02T09:00:00.000000+00:00','2026-03-02T09:00:00.000000+00:00','00Q2',NULL,'ana@north.example','{"id":"m1","source":"inbound","kind":"reply","occurred_at":"2026-03-02T09:00:00Z","prospect_key":"00Q2","action_key":null,"address":"Ana@North.example","payload":{"subject":"Re: looms","text":"Too expensive for us, sorry."}}',0,'{"labels":["objection_price"],"primary":"objection_price","confidence":0.87,"abstained":false,"resume_on":null,"refers_to":null,"stop":false,"said":"Too expensive for us, sorry."}');
CREATE TABLE suppressions (
	address VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (address)
);
INSERT INTO "suppressions" VALUES('no@north.example','unsubscribed','2026-03-02T09:00:00.000000+00:00');
CREATE INDEX prospects_due ON prospects (stage, standing, due_at, "key");
CREATE INDEX prospects_by_email ON prospects (email, "key");
CREATE INDEX prospects_changed ON prospects ("key") WHERE changed;
CREATE INDEX prospects_by_domain ON prospects (domain, "key");
CREATE INDEX signals_of_prospect ON signals (prospect_key);
CREATE INDEX signals_by_id ON signals (id);
CREATE INDEX signals_of_action ON signals (action_key);
CREATE INDEX signals_of_address ON signals (address);
CREATE INDEX signals_waiting ON signals (occurred_at, id, source) WHERE handled = 0;
CREATE INDEX signals_by_kind ON signals (kind, occurred_at, id, source);
CREATE INDEX crm_writes_of_run ON crm_writes (run_id);
CREATE INDEX crm_writes_of_prospect ON crm_writes (prospect_key);
CREATE INDEX runs_by_time ON runs (at, id);
CREATE INDEX decisions_of_prospect ON decisions (prospect_key);
CREATE INDEX actions_of_prospect ON actions (prospect_key, kind, state);
CREATE INDEX actions_by_state ON actions (kind, state, due_at, "key");
CREATE INDEX actions_lease ON actions (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX events_of_action ON action_events (action_key, id);
CREATE INDEX receipts_of_action ON receipts (action_key);
CREATE TRIGGER action_events_are_never_changed BEFORE UPDATE ON action_events BEGIN SELECT RAISE(ABORT, 'action_events is append-only'); END;
CREATE TRIGGER action_events_are_never_deleted BEFORE DELETE ON action_events BEGIN SELECT RAISE(ABORT, 'action_events is append-only'); END;
CREATE TRIGGER actions_move_by_the_table BEFORE UPDATE OF state ON actions WHEN OLD.state <> NEW.state AND NOT ((OLD.state IS NULL AND NEW.state = 'planned') OR (OLD.state = 'planned' AND NEW.state IN ('claimed', 'skipped')) OR (OLD.state = 'claimed' AND NEW.state IN ('accepted', 'planned', 'rejected', 'skipped', 'uncertain')) OR (OLD.state = 'uncertain' AND NEW.state IN ('accepted', 'planned', 'rejected'))) BEGIN SELECT RAISE(ABORT, 'no such move of an action'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('decisions',2);
INSERT INTO "sqlite_sequence" VALUES('action_events',13);
PRAGMA application_id = 1129074511;
PRAGMA user_version = 1;
COMMIT;
