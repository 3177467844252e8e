"""What the local SendGrid keeps, and where: one place for its tables.

A table is only ever added: a state file that an older version wrote opens in a newer one.
"""

from __future__ import annotations

from sandbox import agenda
from sandbox.world import World

ACCOUNT_PART = "sendgrid account"
"""Where the world remembers the switches of the account: they are looked at for every mail."""
TABLES = (
    "CREATE TABLE IF NOT EXISTS sendgrid_requests (n INTEGER PRIMARY KEY, x_message_id TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS sendgrid_mails (
        id INTEGER PRIMARY KEY, address TEXT NOT NULL, accepted_at INTEGER NOT NULL,
        leaves_at INTEGER NOT NULL, status TEXT NOT NULL, subject TEXT NOT NULL,
        content TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS sendgrid_mails_by_address ON sendgrid_mails (address, id)",
    """CREATE TABLE IF NOT EXISTS sendgrid_suppressions (
        list TEXT NOT NULL, address TEXT NOT NULL, email TEXT NOT NULL, created INTEGER NOT NULL,
        reason TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '', PRIMARY KEY (list, address))""",
    """CREATE TABLE IF NOT EXISTS sendgrid_outbox (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, target TEXT NOT NULL, name TEXT NOT NULL,
        mail_id INTEGER NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL,
        settled_at INTEGER, attempts INTEGER NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '')""",
    "CREATE INDEX IF NOT EXISTS sendgrid_outbox_open ON sendgrid_outbox (target, id) WHERE settled_at IS NULL",
    "CREATE INDEX IF NOT EXISTS sendgrid_outbox_by_mail ON sendgrid_outbox (mail_id)",
    "CREATE TABLE IF NOT EXISTS sendgrid_webhooks (kind TEXT PRIMARY KEY, settings TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS sendgrid_log (
        mail_id INTEGER PRIMARY KEY, msg_id TEXT NOT NULL, address TEXT NOT NULL, from_email TEXT NOT NULL,
        subject TEXT NOT NULL, categories TEXT NOT NULL, asm_group_id INTEGER, batch_id TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS sendgrid_log_by_msg_id ON sendgrid_log (msg_id)",
    "CREATE INDEX IF NOT EXISTS sendgrid_log_by_address ON sendgrid_log (address)",
    "CREATE INDEX IF NOT EXISTS sendgrid_log_by_batch ON sendgrid_log (batch_id) WHERE batch_id != ''",
    """CREATE TABLE IF NOT EXISTS sendgrid_args (
        name TEXT NOT NULL, value TEXT NOT NULL, mail_id INTEGER NOT NULL,
        PRIMARY KEY (name, value, mail_id)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS sendgrid_received (
        x_message_id TEXT PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL, recipients INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS sendgrid_account (
        id INTEGER PRIMARY KEY CHECK (id = 1), settings TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS sendgrid_batches (
        batch_id TEXT PRIMARY KEY, created INTEGER NOT NULL, status TEXT NOT NULL DEFAULT '',
        status_at INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE IF NOT EXISTS sendgrid_groups (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL, is_default INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS sendgrid_machines (
        sg_event_id TEXT PRIMARY KEY, at INTEGER NOT NULL, email TEXT NOT NULL, event TEXT NOT NULL,
        machine TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS sendgrid_tries (
        outbox_id INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, next_at INTEGER NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS sendgrid_policies (id TEXT PRIMARY KEY, settings TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS sendgrid_message_ids (
        message_id TEXT NOT NULL, address TEXT NOT NULL, conversation INTEGER NOT NULL,
        PRIMARY KEY (message_id, address)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS sendgrid_conversations (
        mail_id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS sendgrid_mails_of_conversation ON sendgrid_conversations (conversation)",
)
NAMES = (
    "sendgrid_requests",
    "sendgrid_mails",
    "sendgrid_suppressions",
    "sendgrid_outbox",
    "sendgrid_webhooks",
    "sendgrid_log",
    "sendgrid_args",
    "sendgrid_received",
    "sendgrid_account",
    "sendgrid_batches",
    "sendgrid_groups",
    "sendgrid_machines",
    "sendgrid_tries",
    "sendgrid_policies",
    "sendgrid_message_ids",
    "sendgrid_conversations",
)


def open_tables(world: World) -> None:
    """Create what is missing; harmless when it is there."""
    agenda.open_tables(world)
    for statement in TABLES:
        world.db.execute(statement)


def reset(world: World) -> None:
    """Forget every mail, suppression, webhook and delivery, and every switch of the account."""
    for name in NAMES:
        world.db.execute(f"DELETE FROM {name}")
    world.parts.pop(ACCOUNT_PART, None)
