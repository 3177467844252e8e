"""Settings: environment variables with the prefix CLOSELOOP_, or a `.env` file. Secrets never print themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

CONFIG = Path(__file__).parent


def _address(given: str) -> str:
    """Without the slash at its end. `ValueError` when it is no web address."""
    parts = urlsplit(given.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("give a whole address with https:// and the host")
    return given.strip().rstrip("/")


def _version(given: str) -> str:
    if not re.fullmatch(r"v?\d{2,3}\.0", given):
        raise ValueError("give it as 62.0")
    return given


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """Every setting of Closeloop; the README explains each."""

    model_config = SettingsConfigDict(
        env_prefix="CLOSELOOP_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    home: Path = Field(default=Path(".closeloop"), description="folder of the ledger, decks, report and logs")
    playbook: Path = Field(default=CONFIG / "playbook.yaml", description="the playbook file")
    registry: Path | None = Field(
        default=None, description="a company registry (JSON lines), asked before the built-in one"
    )
    secret: SecretStr | None = Field(
        default=None, description="signs reply and opt-out tokens; made once under the home folder if not set"
    )
    public_url: Address | None = Field(
        default=None, description="where the gateway is reached from outside; adds one-click opt-out to mails"
    )
    webhook_token: SecretStr | None = Field(
        default=None, description="the last part of the gateway's webhook addresses; made once if not set"
    )
    deck_master: Path | None = Field(default=None, description="your own .pptx master with named placeholders")

    salesforce_instance_url: Address | None = Field(
        default=None, description="https://acme.my.salesforce.com, or the sandbox's http:// address"
    )
    salesforce_domain: str | None = Field(default=None, description="acme.my; `login` or `test` for JWT")
    salesforce_client_id: str | None = Field(default=None, description="consumer key of the external client app")
    salesforce_client_secret: SecretStr | None = Field(default=None, description="for client credentials")
    salesforce_username: str | None = Field(default=None, description="integration user, for JWT")
    salesforce_private_key_file: Path | None = Field(default=None, description="PEM file, for JWT")
    salesforce_session_id: SecretStr | None = Field(default=None, description="a session of your own, for trials")
    salesforce_api_version: Annotated[str, AfterValidator(_version)] = Field(
        default="62.0", description="REST API version"
    )

    sendgrid_api_key: SecretStr | None = Field(default=None, description="needs the Mail Send permission only")
    sendgrid_host: Address = Field(default="https://api.sendgrid.com", description="or the EU or sandbox host")


ENV_NAMES = {name: f"CLOSELOOP_{name.upper()}" for name in Settings.model_fields}
