"""What a chaos run is made of: how many kills, over whom, on which database, and how long in simulated time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from config.settings import Settings
from tests.bench.org import Org

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ROUNDS_A_DAY = 3
ROUND = timedelta(minutes=20)
"""Longer than a lease: what a dead worker held is found at the next round."""
SECRET = "chaos"
HOOK = "chaos-webhook"


class Database(StrEnum):
    """Where the ledger is."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


class Options(BaseModel):
    """What a person may choose."""

    model_config = ConfigDict(frozen=True)

    kills: int
    seed: int = 7
    workers: int = 2
    database: Database = Database.SQLITE
    prospects: int = 0
    days: int = 12
    points: tuple[str, ...] = ()
    """Where workers die that die at a point; all, when none is named."""
    planted: bool = False
    """Send before the claim is committed: a bug that the judge must find."""

    @property
    def people(self) -> int:
        return self.prospects or max(40, self.kills * 10)

    @property
    def batch(self) -> int:
        """Small enough that a stage takes several batches, so that a kill finds work half done."""
        return max(10, min(500, self.people // 25))

    @property
    def rounds(self) -> int:
        return self.days * ROUNDS_A_DAY


class Site(BaseModel):
    """Where one run lives: all that a worker or gateway needs to know, as plain data."""

    model_config = ConfigDict(frozen=True)

    home: Path
    url: str
    client_id: str
    client_secret: str
    sendgrid_key: str
    gateway: str
    ledger_url: str | None
    batch: int
    planted: bool

    @property
    def clock_file(self) -> Path:
        """Where the harness writes what time it is; the gateway outlives many moments."""
        return self.home / "now.txt"

    def settings(self) -> Settings:
        """Those of an installation on this site; nothing of the environment reaches it."""
        return Settings(
            _env_file=None,
            home=self.home,
            playbook=self.home / "playbook.yaml",
            secret=SecretStr(SECRET),
            public_url=self.gateway,
            ledger_url=SecretStr(self.ledger_url) if self.ledger_url else None,
            salesforce_instance_url=self.url,
            salesforce_client_id=self.client_id,
            salesforce_client_secret=SecretStr(self.client_secret),
            sendgrid_api_key=SecretStr(self.sendgrid_key),
            sendgrid_host=self.url,
            salesforce_upload_decks=False,
            quote_formats="html",
            sendgrid_absence_hours=1,  # the sandbox has the Activity API, which is complete after a minute
        )


def site_at(org: Org, home: Path, gateway: str, ledger_url: str | None, options: Options) -> Site:
    """The site over this sandbox."""
    return Site(
        home=home,
        url=org.url,
        client_id=org.client_id,
        client_secret=org.client_secret,
        sendgrid_key=org.sendgrid_key,
        gateway=gateway,
        ledger_url=ledger_url,
        batch=options.batch,
        planted=options.planted,
    )
