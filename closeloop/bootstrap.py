"""The composition root: the only file that reads settings and names concrete classes."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

import templates
from closeloop.adapters.calendars.ics import IcsCalendars
from closeloop.adapters.clock import SimulatedClock, SystemClock
from closeloop.adapters.decks.when_drawn import DecksWhenDrawn
from closeloop.adapters.dry_run import DryRunCrm, DryRunDecks, DryRunMailer, DryRunQuotes
from closeloop.adapters.enrichment.addresses import EmailAddressReader
from closeloop.adapters.enrichment.registry import RegistryEnricher
from closeloop.adapters.enrichment.remembering import Remembering
from closeloop.adapters.home import SECRET_FILE, WEBHOOK_TOKEN_FILE, lasting_secret, prepare_home
from closeloop.adapters.ledger.sql_ledger import SqlLedger, copy_in_memory, open_ledger
from closeloop.adapters.mails.renderer import JinjaMailRenderer
from closeloop.adapters.playbook.yaml_file import read_crm_mapping, read_playbook
from closeloop.adapters.quotes import QuoteFiles
from closeloop.adapters.replies.reader import RuleReplyReader
from closeloop.adapters.salesforce.connection import SalesforceLogin, connect
from closeloop.adapters.salesforce.crm import SalesforceCrm
from closeloop.adapters.sendgrid.holding import Hold
from closeloop.adapters.sendgrid.mailer import SendGridMailer
from closeloop.adapters.sendgrid.suppressions import SendGridStopLists
from closeloop.application.mails_in_doubt import note_held
from closeloop.application.model_purse import ModelPurse
from closeloop.application.ports import Clock, Ledger, ReplyReader
from closeloop.application.provider_port import Provider
from closeloop.application.reply_opinion import OpinionatedReader
from closeloop.application.services import Services
from closeloop.application.wording_port import WordingModel
from closeloop.data import COMPANIES
from closeloop.domain.crm_mapping import CrmMapping
from closeloop.domain.enrichment_rules import Source
from closeloop.domain.errors import UsageError
from closeloop.domain.playbook import Playbook
from closeloop.domain.retention import Retention
from config.settings import ENV_NAMES, Settings

if TYPE_CHECKING:
    from closeloop.adapters.enrichment.vendor import Vendor
    from closeloop.adapters.salesforce.stream import ChangeStream

LEDGER_FILE = "ledger.db"
DEMO_MARKER = ".closeloop-demo"
"""Lies in the home of a demo, whose ledger lives in simulated time."""
_override: ContextVar[Services | None] = ContextVar("closeloop_services", default=None)


def settings(**chosen: Any) -> Settings:
    """The settings of this process, save the `chosen` ones; `UsageError` names the variable that is wrong."""
    try:
        return Settings(**chosen)
    except ValidationError as problem:
        places = "; ".join(_place(error["loc"], error["msg"]) for error in problem.errors())
        raise UsageError(f"a setting is wrong: {places}") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"the file .env cannot be read: save it as UTF-8 text ({problem})") from None


def _place(location: tuple[int | str, ...], message: str) -> str:
    return f"{ENV_NAMES.get(str(location[0]), location[0])}: {message.removeprefix('Value error, ')}"


def services() -> Services:
    """What tasks and commands work with: the override of `using`, else one set per process from the settings."""
    return _override.get() or _from_settings()


@cache
def _from_settings() -> Services:
    return build(settings())


@contextmanager
def using(chosen: Services) -> Iterator[Services]:
    """Within the block every task of this process works with these services."""
    token = _override.set(chosen)
    try:
        yield chosen
    finally:
        _override.reset(token)


def _collect_seldom() -> None:
    """A batch is hundreds of thousands of objects that all live to its end: to look for garbage among them after
    each 700 new ones, as Python does, was a third of what a delivery cost."""
    gc.set_threshold(20_000, 10, 10)


def build(chosen: Settings, clock: Clock | None = None) -> Services:
    """Concrete services for these settings. Opens the ledger; connects to nothing yet."""
    _collect_seldom()
    home = prepare_home(chosen.home)
    playbook = read_playbook(chosen.playbook)
    mapping = read_crm_mapping(chosen.crm_mapping)
    ledger = open_ledger(ledger_place(chosen, home))
    return Services(
        playbook=playbook,
        mapping=mapping,
        clock=clock or clock_of(home, ledger),
        ledger=ledger,
        crm=_crm(chosen, mapping),
        mailer=_mailer(chosen, playbook, ledger),
        renderer=mail_renderer(),
        reader=reply_reader(chosen.ai_model, chosen.ai_prices, _model_purse(ledger, playbook)),
        wording=wording_model(chosen),
        addresses=EmailAddressReader(),
        enrichers=enrichers(chosen, playbook),
        providers=providers(chosen),
        decks=DecksWhenDrawn(chosen.deck_master, also=set(chosen.deck_formats.split()) - {"pptx"}),
        quotes=QuoteFiles(also=set(chosen.quote_formats.split()) - {"html"}),
        calendars=IcsCalendars(),
        home=home,
        secret=_secret(chosen.secret, home / SECRET_FILE),
        crm_url=_base(chosen.salesforce_instance_url),
        desk_url=_base(chosen.desk_url),
        public_url=_base(chosen.public_url),
        track_clicks=chosen.track_clicks,
        worker=f"{socket.gethostname()}-{os.getpid()}",
        api_share=chosen.salesforce_share,
        upload_decks=chosen.salesforce_upload_decks,
        campaign=chosen.salesforce_campaign_id or playbook.crm.campaign,
        doubt_limit=timedelta(hours=chosen.uncertain_hours),
        absence_proves_after=_hours(chosen.sendgrid_absence_hours),
        retention=_retention(chosen),
        stop_lists=_stop_lists(chosen),
    )


def _crm(chosen: Settings, mapping: CrmMapping) -> SalesforceCrm:
    return SalesforceCrm(
        lambda: connect(salesforce_login(chosen)),
        chosen.salesforce_bulk_rows,
        chosen.salesforce_convert,
        names=mapping,
    )


def _mailer(chosen: Settings, playbook: Playbook, ledger: Ledger) -> SendGridMailer:
    return SendGridMailer(
        _reveal(chosen.sendgrid_api_key),
        playbook.sender,
        chosen.sendgrid_host.rstrip("/"),
        lambda: SystemClock().now().timestamp(),
        _hold(chosen, ledger),
    )


def _hold(chosen: Settings, ledger: Ledger) -> Hold | None:
    """How mails are held, when they are."""
    if not chosen.sendgrid_hold_seconds:
        return None
    wait = timedelta(seconds=chosen.sendgrid_hold_seconds)
    return Hold(wait, lambda keys, batch: note_held(ledger, keys, batch, SystemClock().now()))


def _stop_lists(chosen: Settings) -> SendGridStopLists | None:
    """The provider's lists, where there is a key and nobody wants them left alone."""
    key = _reveal(chosen.sendgrid_api_key)
    return SendGridStopLists(key, chosen.sendgrid_host.rstrip("/")) if key and chosen.sendgrid_lists else None


def _retention(chosen: Settings) -> Retention:
    return Retention(
        replies_days=chosen.retention_replies_days,
        mail_bodies_days=chosen.retention_mail_bodies_days,
        receipts_days=chosen.retention_receipts_days,
        events_days=chosen.retention_events_days,
    )


def _hours(hours: int | None) -> timedelta | None:
    return timedelta(hours=hours) if hours else None


def _base(url: str | None) -> str | None:
    """The start of addresses: what follows begins with a slash."""
    return url.rstrip("/") if url else None


def ledger_place(chosen: Settings, home: Path) -> Path | str:
    """Where the ledger of these settings is: the address of a database, or a file in the home folder."""
    if chosen.ledger_url is None:
        return home / LEDGER_FILE
    if "://" not in (address := chosen.ledger_url.get_secret_value()):
        raise UsageError("CLOSELOOP_LEDGER_URL is no address: give postgresql://user:password@host/database")
    return address


def mail_renderer() -> JinjaMailRenderer:
    """The mails as they are shipped."""
    return JinjaMailRenderer(Path(templates.__file__).parent / "email")


def clock_of(home: Path, ledger: Ledger) -> Clock:
    """The wall clock; in a demo's home the simulated moment at which the demo ended, since its deals live there."""
    last = ledger.runs(1) if (home / DEMO_MARKER).is_file() else []
    return SimulatedClock(last[0].as_of) if last else SystemClock()


def enrichers(chosen: Settings, playbook: Playbook) -> tuple[RegistryEnricher, ...]:
    """The sources of firmographic facts, in the order they are asked."""
    own = (chosen.registry,) if chosen.registry else ()
    return tuple(RegistryEnricher(path, playbook.exchange_rates) for path in (*own, COMPANIES))


def providers(chosen: Settings) -> tuple[Provider, ...]:
    """Further sources that are set up; the playbook says when each is asked."""
    free: list[Provider] = []
    if chosen.check_mail_servers:
        from closeloop.adapters.enrichment.mail_servers import MailServers

        free.append(MailServers())
    if chosen.read_websites:
        from closeloop.adapters.enrichment.website import Website

        free.append(Website())
    return (*free, *vendors(chosen))


def vendors(chosen: Settings) -> tuple[Vendor, ...]:
    """The commercial sources that there is a key for."""
    found: list[tuple[Source, SecretStr | None, str | None]] = [
        ("pdl", chosen.pdl_api_key, chosen.pdl_url),
        ("apollo", chosen.apollo_api_key, chosen.apollo_url),
        ("hunter", chosen.hunter_api_key, chosen.hunter_url),
    ]
    wanted = [(name, key.get_secret_value(), base) for name, key, base in found if key]
    if not wanted:
        return ()
    from closeloop.adapters.enrichment.vendors import vendor

    return tuple(vendor(name, key, base) for name, key, base in wanted)


def salesforce_login(chosen: Settings) -> SalesforceLogin:
    """How to sign in, by these settings."""
    return SalesforceLogin(
        instance_url=chosen.salesforce_instance_url,
        domain=chosen.salesforce_domain,
        client_id=chosen.salesforce_client_id,
        client_secret=_reveal(chosen.salesforce_client_secret),
        username=chosen.salesforce_username,
        private_key=_read_key(chosen.salesforce_private_key_file),
        session_id=_reveal(chosen.salesforce_session_id),
        password=_reveal(chosen.salesforce_password),
        security_token=_reveal(chosen.salesforce_security_token),
        api_version=chosen.salesforce_api_version.removeprefix("v"),
    )


def change_stream(chosen: Settings, work: Services) -> ChangeStream:
    """The stream that tells of changes in the CRM by itself; connects to nothing yet."""
    from closeloop.adapters.salesforce.stream import ChangeStream
    from closeloop.adapters.salesforce.stream_session import SignIn

    host = chosen.salesforce_pubsub.rpartition(":")[0].strip("[]")
    sign_in = SignIn(lambda: connect(salesforce_login(chosen)), work.crm.our_org, chosen.salesforce_instance_url)
    here = host in {"localhost", "127.0.0.1", "::1"}
    return ChangeStream(
        chosen.salesforce_pubsub, chosen.salesforce_stream_topic, sign_in, SystemClock(), secure=not here
    )


def reply_reader(
    model: str | None, prices: str | None = None, purse: Callable[[], ModelPurse] | None = None
) -> ReplyReader:
    """The reader of replies; with a model it has a further opinion on what it does not understand by itself."""
    if not model:
        return RuleReplyReader()
    from closeloop.adapters.replies.model_opinion import ModelOpinion

    return OpinionatedReader(RuleReplyReader(), ModelOpinion(model, prices, purse))


def _model_purse(ledger: Ledger, playbook: Playbook) -> Callable[[], ModelPurse]:
    """What models may still cost, seen at the moment of a call."""
    return lambda: ModelPurse(ledger, playbook.model_budget, SystemClock().now())


def wording_model(chosen: Settings) -> WordingModel | None:
    """The model that puts points in other words; None, as by default: nobody does."""
    if not chosen.ai_wording_model:
        return None
    from closeloop.adapters.model_wording import ModelWording

    return ModelWording(chosen.ai_wording_model, chosen.ai_prices)


@contextmanager
def services_to_rehearse_with() -> Iterator[Services]:
    """The services of this process for a dry run; where no ledger is yet, over a folder that is gone afterwards."""
    chosen = settings()
    if _override.get() is not None or chosen.ledger_url or (chosen.home / LEDGER_FILE).exists():
        yield services()
        return
    with TemporaryDirectory(prefix="closeloop-") as folder:
        secret = chosen.home / SECRET_FILE
        kept = {"secret": SecretStr(_secret(None, secret))} if secret.is_file() and not chosen.secret else {}
        work = build(chosen.model_copy(update={"home": Path(folder), **kept}))
        try:
            yield work
        finally:
            if isinstance(work.ledger, SqlLedger):
                work.ledger.close()


def keep_secret() -> None:
    """Make the home's secret, should there be none yet: what is planned today is recognised by it tomorrow."""
    chosen = settings()
    if _override.get() is None and not chosen.secret:
        _secret(None, prepare_home(chosen.home) / SECRET_FILE)


def dry_run(real: Services) -> Services:
    """The same services over a private copy of the ledger, with a CRM and a mailer that write nothing."""
    if not isinstance(real.ledger, SqlLedger):
        raise UsageError("a dry run needs a ledger that can be copied")
    return replace(
        real,
        ledger=copy_in_memory(real.ledger),
        crm=DryRunCrm(real.crm),
        mailer=DryRunMailer(real.mailer),
        decks=DryRunDecks(real.decks),
        quotes=DryRunQuotes(real.quotes),
        providers=tuple(Remembering(provider) for provider in real.providers),
        stop_lists=None,
        wording=None,
    )


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _read_key(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"cannot read the private key {path}: set CLOSELOOP_SALESFORCE_PRIVATE_KEY_FILE to a PEM file"
        ) from None


def webhook_key(chosen: Settings) -> str | None:
    """The public key of the signed event webhook, where a setting names it."""
    return chosen.sendgrid_webhook_key


def webhook_token(chosen: Settings, home: Path) -> str:
    """The last part of the gateway's webhook addresses."""
    return _secret(chosen.webhook_token, home / WEBHOOK_TOKEN_FILE)


def _secret(given: SecretStr | None, file: Path) -> str:
    """The given secret, else the one that is kept in the home folder."""
    return given.get_secret_value() if given is not None else lasting_secret(file)


def crm_record_url(record_id: str) -> str | None:
    """Where a person sees a record, when the org's address is known."""
    base = _base(settings().salesforce_instance_url)
    return f"{base}/{record_id}" if base and record_id.isalnum() else None
