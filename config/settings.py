"""Settings: environment variables with the prefix CLOSELOOP_, or a `.env` file. Secrets never print themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

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


def _conversion(given: str) -> str:
    if not re.fullmatch(r"soap|create|apex:/?[A-Za-z0-9_][A-Za-z0-9_/-]*", given):
        raise ValueError(
            "give soap, create, or apex: with the path of the REST class, such as apex:closeloop/convert"
        )
    return given


def _hold(given: int) -> int:
    """SendGrid cancels for sure only ten minutes ahead, and schedules no further than three days."""
    if given and not 15 * 60 <= given <= 72 * 3600:
        raise ValueError("give 0, or from 900 (15 minutes) to 259200 (3 days)")
    return given


def _campaign(given: str | None) -> str | None:
    if given is not None and not re.fullmatch(r"701(?:[A-Za-z0-9]{12}|[A-Za-z0-9]{15})", given):
        raise ValueError("give the record id of a campaign, which starts with 701")
    return given


def _quote_formats(given: str) -> str:
    named = set(given.replace(",", " ").split())
    if "html" not in named or named - {"html", "pdf"}:
        raise ValueError("give html, or html pdf for a PDF beside it")
    return " ".join(sorted(named))


def _formats(given: str) -> str:
    named = set(given.replace(",", " ").split())
    if "pptx" not in named or named - {"pptx", "html", "pdf"}:
        raise ValueError("give pptx, and what you want beside it: html, pdf or both, such as pptx html")
    return " ".join(sorted(named))


def _prices(given: str | None) -> str | None:
    if given is not None and not re.fullmatch(r"\d+(\.\d+)? \d+(\.\d+)?", given):
        raise ValueError("give two numbers, US dollars for a million tokens in and out, such as 0.25 2")
    return given


_LAST_RESORT: dict[str, Any] = {}


def fall_back_on(values: Mapping[str, Any]) -> None:
    """From now on these count in this process wherever neither the environment nor `.env` says anything."""
    _LAST_RESORT.update(values)


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """Every setting of Closeloop; the README explains each."""

    model_config = SettingsConfigDict(
        env_prefix="CLOSELOOP_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *args: Any, **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was fallen back on comes last: whatever else sets something counts before it."""
        return (*args, *sources.values(), InitSettingsSource(settings_cls, dict(_LAST_RESORT)))

    home: Path = Field(default=Path(".closeloop"), description="folder of the ledger, decks, report and logs")
    ledger_url: SecretStr | None = Field(
        default=None,
        description="postgresql://user:password@host/database for several workers; else a file in the home folder",
    )
    playbook: Path = Field(default=CONFIG / "playbook.yaml", description="the playbook file")
    crm_mapping: Path = Field(
        default=CONFIG / "crm_mapping.yaml", description="which field of the org holds what, and whose it is"
    )
    schedules: Path = Field(
        default=CONFIG / "schedules.yaml", description="when each stage runs under `closeloop up`"
    )
    registry: Path | None = Field(
        default=None, description="a company registry of yours (.csv or JSON lines), asked before the built-in one"
    )
    secret: SecretStr | None = Field(
        default=None, description="signs reply and opt-out tokens; made once under the home folder if not set"
    )
    desk_url: Address | None = Field(
        default=None, description="where people open the Prefect UI; Tasks that ask for an approval link to it"
    )
    public_url: Address | None = Field(
        default=None, description="where the gateway is reached from outside; adds one-click opt-out to mails"
    )
    track_clicks: bool = Field(
        default=False,
        description="links in mails lead through the gateway, which notes each click; needs public_url",
    )
    webhook_token: SecretStr | None = Field(
        default=None, description="the last part of the gateway's webhook addresses; made once if not set"
    )
    deck_master: Path | None = Field(default=None, description="your own .pptx master with named placeholders")
    deck_formats: Annotated[str, AfterValidator(_formats)] = Field(
        default="pptx html", description="what is made of each deck: pptx, and html or pdf or both beside it"
    )
    quote_formats: Annotated[str, AfterValidator(_quote_formats)] = Field(
        default="html pdf", description="what is made of each quote: html, and pdf beside it"
    )

    salesforce_instance_url: Address | None = Field(
        default=None, description="https://acme.my.salesforce.com, or the sandbox's http:// address"
    )
    salesforce_domain: str | None = Field(default=None, description="acme.my; `login` or `test` for JWT")
    salesforce_client_id: str | None = Field(default=None, description="consumer key of the external client app")
    salesforce_client_secret: SecretStr | None = Field(default=None, description="for client credentials")
    salesforce_username: str | None = Field(default=None, description="integration user, for JWT and SOAP login")
    salesforce_private_key_file: Path | None = Field(default=None, description="PEM file, for JWT")
    salesforce_password: SecretStr | None = Field(
        default=None, description="for SOAP login, which ends with API 65.0: use client credentials or JWT instead"
    )
    salesforce_security_token: SecretStr | None = Field(default=None, description="for SOAP login")
    salesforce_session_id: SecretStr | None = Field(default=None, description="a session of your own, for trials")
    salesforce_api_version: Annotated[str, AfterValidator(_version)] = Field(
        default="62.0", description="REST API version"
    )
    salesforce_pubsub: str = Field(
        default="api.pubsub.salesforce.com:7443",
        pattern=r"^\S+:\d+$",
        description="host:port of the Pub/Sub API, for `gateway --stream`; on this machine it needs no TLS",
    )
    salesforce_stream_topic: str = Field(
        default="/data/ChangeEvents",
        pattern=r"^/(data|event)/\w+$",
        description="what `gateway --stream` follows: all objects of Change Data Capture, or a channel of yours",
    )
    salesforce_share: float = Field(
        default=20, gt=0, le=100, description="per cent of the org's API calls in 24 hours that Closeloop may use"
    )
    salesforce_bulk_rows: int = Field(
        default=10_000, ge=1, description="from this many rows in one go the bulk API is used"
    )

    salesforce_convert: Annotated[str, AfterValidator(_conversion)] = Field(
        default="soap", description="how Leads are converted: soap, apex:<path of the REST class>, or create"
    )
    salesforce_campaign_id: Annotated[str | None, AfterValidator(_campaign)] = Field(
        default=None, description="campaign that the people we write to become members of"
    )
    salesforce_upload_decks: bool = Field(
        default=True, description="put each draft presentation and each quote on its record as a File"
    )

    pdl_api_key: SecretStr | None = Field(
        default=None, description="People Data Labs; without it nobody is asked there"
    )
    pdl_url: Address | None = Field(
        default=None, description="in place of People Data Labs' address; for a sandbox"
    )
    apollo_api_key: SecretStr | None = Field(default=None, description="Apollo; without it nobody is asked there")
    apollo_url: Address | None = Field(default=None, description="in place of Apollo's address; for a sandbox")
    hunter_api_key: SecretStr | None = Field(default=None, description="Hunter; without it nobody is asked there")
    hunter_url: Address | None = Field(default=None, description="in place of Hunter's address; for a sandbox")
    check_mail_servers: bool = Field(
        default=False, description="ask DNS whether a prospect's domain takes mail; one that takes none is refused"
    )
    read_websites: bool = Field(
        default=False, description="read the front page of a prospect's company, where its robots.txt allows it"
    )

    sendgrid_api_key: SecretStr | None = Field(
        default=None,
        description="needs the Mail Send permission; `closeloop doctor` says what else it needs by these settings",
    )
    sendgrid_hold_seconds: Annotated[int, AfterValidator(_hold)] = Field(
        default=0, description="mails leave so long after they were handed over and can be called back; 0: at once"
    )
    sendgrid_absence_hours: int | None = Field(
        default=None,
        ge=1,
        le=24 * 30,
        description="so long after an attempt SendGrid's own records prove by their silence that no mail came in",
    )
    uncertain_hours: int = Field(
        default=24, ge=1, description="so long a mail may be in doubt before a person is asked to look"
    )
    sendgrid_lists: bool = Field(
        default=True,
        description="read SendGrid's suppression lists and tell it of opt-outs; needs the Suppressions permission",
    )
    retention_replies_days: int | None = Field(
        default=None, ge=1, description="after so many days the words of replies and events are blanked"
    )
    retention_mail_bodies_days: int | None = Field(
        default=None, ge=1, description="after so many days the words of mails and of their logs are blanked"
    )
    retention_receipts_days: int | None = Field(
        default=None, ge=1, description="after so many days the values seen before a send are blanked"
    )
    retention_events_days: int = Field(
        default=90, ge=8, description="after so many days what was told of changed CRM records is deleted"
    )
    sendgrid_webhook_key: str | None = Field(
        default=None, description="public key of the signed event webhook; `gateway --register` finds it itself"
    )
    sendgrid_host: Address = Field(default="https://api.sendgrid.com", description="or the EU or sandbox host")

    ai_model: str | None = Field(
        default=None,
        description="provider:model asked about replies that nothing else understands; needs the extra `ai`",
    )
    ai_wording_model: str | None = Field(
        default=None,
        description="provider:model that puts a prospect's points in other, checked words; needs the extra `ai`",
    )
    ai_prices: Annotated[str | None, AfterValidator(_prices)] = Field(
        default=None,
        description="US dollars for a million tokens in and out, such as `0.25 2`; else the extra's price list",
    )


ENV_NAMES = {name: f"CLOSELOOP_{name.upper()}" for name in Settings.model_fields}
