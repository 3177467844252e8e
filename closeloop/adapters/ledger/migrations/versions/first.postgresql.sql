-- The first ledger. Never edited: what came later has a step of its own.

CREATE TABLE account_facts (
    account_key VARCHAR COLLATE "C" NOT NULL,
    facts TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (account_key)
);

CREATE TABLE crm_seen (
    record_id VARCHAR COLLATE "C" NOT NULL,
    fields JSON NOT NULL,
    PRIMARY KEY (record_id)
);

CREATE TABLE crm_writes (
    id BIGSERIAL NOT NULL,
    run_id VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    object VARCHAR COLLATE "C" NOT NULL,
    record_id VARCHAR COLLATE "C" NOT NULL,
    field VARCHAR COLLATE "C" NOT NULL,
    before JSON,
    after JSON,
    reason VARCHAR COLLATE "C" NOT NULL,
    prospect_key VARCHAR COLLATE "C",
    PRIMARY KEY (id)
);

CREATE INDEX crm_writes_of_prospect ON crm_writes (prospect_key);

CREATE INDEX crm_writes_of_run ON crm_writes (run_id);

CREATE TABLE cursors (
    name VARCHAR COLLATE "C" NOT NULL,
    value VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE prospects (
    key VARCHAR COLLATE "C" NOT NULL,
    email VARCHAR COLLATE "C" NOT NULL,
    domain VARCHAR COLLATE "C",
    name VARCHAR COLLATE "C" NOT NULL,
    company VARCHAR COLLATE "C" NOT NULL,
    owner_id VARCHAR COLLATE "C" NOT NULL,
    contact_id VARCHAR COLLATE "C",
    account_id VARCHAR COLLATE "C",
    opportunity_id VARCHAR COLLATE "C",
    stage VARCHAR(32) NOT NULL,
    standing VARCHAR(32) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    changed BOOLEAN NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (key),
    CONSTRAINT prospect_stage CHECK (stage IN ('prospecting', 'preparation', 'approach', 'presentation', 'objections', 'closing', 'follow_up')),
    CONSTRAINT prospect_standing CHECK (standing IN ('open', 'nurture', 'customer', 'lost', 'disqualified', 'stopped'))
);

CREATE INDEX prospects_by_domain ON prospects (domain, key);

CREATE INDEX prospects_by_email ON prospects (email, key);

CREATE INDEX prospects_changed ON prospects (key) WHERE changed;

CREATE INDEX prospects_due ON prospects (stage, standing, due_at, key);

CREATE TABLE quarantine (
    id BIGSERIAL NOT NULL,
    source VARCHAR COLLATE "C" NOT NULL,
    line INTEGER NOT NULL,
    digest VARCHAR COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (source, line, digest)
);

CREATE TABLE runs (
    id BIGSERIAL NOT NULL,
    run_id VARCHAR COLLATE "C" NOT NULL,
    stage VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (run_id, stage)
);

CREATE INDEX runs_by_time ON runs (at, id);

CREATE TABLE signals (
    source VARCHAR COLLATE "C" NOT NULL,
    id VARCHAR COLLATE "C" NOT NULL,
    kind VARCHAR(32) NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    prospect_key VARCHAR COLLATE "C",
    action_key VARCHAR COLLATE "C",
    address VARCHAR COLLATE "C",
    body TEXT NOT NULL,
    handled BOOLEAN NOT NULL,
    understanding TEXT,
    PRIMARY KEY (source, id),
    CONSTRAINT signal_kind CHECK (kind IN ('reply', 'delivered', 'opened', 'clicked', 'bounced', 'blocked', 'dropped', 'spam_report', 'unsubscribed', 'processed', 'crm_changed'))
);

CREATE INDEX signals_by_id ON signals (id);

CREATE INDEX signals_by_kind ON signals (kind, occurred_at, id, source);

CREATE INDEX signals_of_action ON signals (action_key);

CREATE INDEX signals_of_address ON signals (address);

CREATE INDEX signals_of_prospect ON signals (prospect_key);

CREATE INDEX signals_waiting ON signals (occurred_at, id, source) WHERE NOT handled;

CREATE TABLE suppressions (
    address VARCHAR COLLATE "C" NOT NULL,
    reason VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (address)
);

CREATE TABLE actions (
    key VARCHAR COLLATE "C" NOT NULL CONSTRAINT action_key_is_not_empty CHECK (key <> ''),
    kind VARCHAR(32) NOT NULL,
    prospect_key VARCHAR COLLATE "C" NOT NULL,
    stage VARCHAR(32) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR(32) NOT NULL,
    attempt INTEGER NOT NULL,
    worker VARCHAR COLLATE "C",
    lease_until TIMESTAMP WITH TIME ZONE,
    detail VARCHAR COLLATE "C" NOT NULL,
    provider_id VARCHAR COLLATE "C",
    PRIMARY KEY (key),
    CONSTRAINT a_lease_exists_exactly_while_claimed CHECK ((state = 'claimed') = (lease_until IS NOT NULL AND worker IS NOT NULL)),
    CONSTRAINT a_claim_is_an_attempt CHECK (attempt >= 0 AND (attempt > 0 OR state <> 'claimed')),
    CONSTRAINT action_kind CHECK (kind IN ('email', 'task', 'convert')),
    FOREIGN KEY(prospect_key) REFERENCES prospects (key),
    CONSTRAINT action_stage CHECK (stage IN ('prospecting', 'preparation', 'approach', 'presentation', 'objections', 'closing', 'follow_up')),
    CONSTRAINT action_state CHECK (state IN ('planned', 'claimed', 'accepted', 'rejected', 'skipped', 'uncertain'))
);

CREATE INDEX actions_by_state ON actions (kind, state, due_at, key);

CREATE INDEX actions_lease ON actions (lease_until) WHERE lease_until IS NOT NULL;

CREATE INDEX actions_of_prospect ON actions (prospect_key, kind, state);

CREATE TABLE decisions (
    id BIGSERIAL NOT NULL,
    prospect_key VARCHAR COLLATE "C" NOT NULL,
    run_id VARCHAR COLLATE "C" NOT NULL,
    stage VARCHAR(32) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind VARCHAR COLLATE "C" NOT NULL,
    rule VARCHAR COLLATE "C" NOT NULL,
    reasons JSON NOT NULL,
    playbook_version VARCHAR COLLATE "C" NOT NULL,
    detail JSON NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(prospect_key) REFERENCES prospects (key),
    CONSTRAINT decision_stage CHECK (stage IN ('prospecting', 'preparation', 'approach', 'presentation', 'objections', 'closing', 'follow_up'))
);

CREATE INDEX decisions_of_prospect ON decisions (prospect_key);

CREATE TABLE action_events (
    id BIGSERIAL NOT NULL,
    action_key VARCHAR COLLATE "C" NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    old_state VARCHAR(32),
    new_state VARCHAR(32) NOT NULL,
    attempt INTEGER NOT NULL,
    worker VARCHAR COLLATE "C",
    detail VARCHAR COLLATE "C" NOT NULL,
    provider_id VARCHAR COLLATE "C",
    PRIMARY KEY (id),
    CONSTRAINT event_is_a_legal_move CHECK ((old_state IS NULL AND new_state = 'planned') OR (old_state = 'planned' AND new_state IN ('claimed', 'skipped')) OR (old_state = 'claimed' AND new_state IN ('accepted', 'planned', 'rejected', 'skipped', 'uncertain')) OR (old_state = 'uncertain' AND new_state IN ('accepted', 'planned', 'rejected'))),
    FOREIGN KEY(action_key) REFERENCES actions (key),
    CONSTRAINT event_old_state CHECK (old_state IN ('planned', 'claimed', 'accepted', 'rejected', 'skipped', 'uncertain')),
    CONSTRAINT event_new_state CHECK (new_state IN ('planned', 'claimed', 'accepted', 'rejected', 'skipped', 'uncertain'))
);

CREATE INDEX events_of_action ON action_events (action_key, id);

CREATE TABLE action_payloads (
    action_key VARCHAR COLLATE "C" NOT NULL,
    payload JSON NOT NULL,
    PRIMARY KEY (action_key),
    FOREIGN KEY(action_key) REFERENCES actions (key)
);

CREATE TABLE receipts (
    id BIGSERIAL NOT NULL,
    action_key VARCHAR COLLATE "C" NOT NULL,
    attempt INTEGER NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    values JSON NOT NULL,
    verdict VARCHAR COLLATE "C" NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(action_key) REFERENCES actions (key)
);

CREATE INDEX receipts_of_action ON receipts (action_key);
