"""Settings that are missing or wrong: the message names the variable, and never shows a secret."""

from __future__ import annotations

from functools import partial

import httpx
import pytest

from tests.e2e.conftest import Closeloop, Finished, Served, two_at_a_time
from tests.scripted_server import Answer, closed_port, scripted_server

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LEADS = "Last Name,Company,Email\nVoss,Acme,mia@acme.example\n"
WRONG = {
    "SALESFORCE_INSTANCE_URL=acme.my.salesforce.com": ("give a whole address with https://",),
    "SALESFORCE_INSTANCE_URL=http://[acme": ("CLOSELOOP_SALESFORCE_INSTANCE_URL",),
    "SALESFORCE_API_VERSION=newest": ("give it as 62.0",),
    "SALESFORCE_CLIENT_SECRET=not-the-secret": ("refuses the sign-in", "CLOSELOOP_SALESFORCE_CLIENT_SECRET"),
    "SALESFORCE_PRIVATE_KEY_FILE=missing.pem": ("CLOSELOOP_SALESFORCE_PRIVATE_KEY_FILE",),
    "SENDGRID_HOST=api.sendgrid.com": ("CLOSELOOP_SENDGRID_HOST", "give a whole address"),
    "PLAYBOOK=missing.yaml": ("Set CLOSELOOP_PLAYBOOK to its path",),
    "DECK_MASTER=missing.pptx": ("missing.pptx",),
}
NEED_SALESFORCE = ("import leads.csv --json", "run all", "run prospecting --dry-run --json")


@pytest.fixture(scope="module")
def without_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finished]:
    here = Closeloop(tmp_path_factory.mktemp("settings"))
    (here.place / "leads.csv").write_text(LEADS)
    return two_at_a_time({arguments: partial(here, *arguments.split()) for arguments in NEED_SALESFORCE})


@pytest.mark.parametrize("arguments", NEED_SALESFORCE)
def test_without_salesforce_settings_nothing_starts(without_settings: dict[str, Finished], arguments: str) -> None:
    missing = ("CLOSELOOP_SALESFORCE_INSTANCE_URL", "CLOSELOOP_SALESFORCE_CLIENT_SECRET", "closeloop doctor")
    assert without_settings[arguments].complains(2, *missing)


@pytest.fixture(scope="module")
def with_wrong_settings(tmp_path_factory: pytest.TempPathFactory, sandbox: Served) -> dict[str, Finished]:
    def run(setting: str) -> Finished:
        name, value = setting.split("=")
        here = Closeloop(tmp_path_factory.mktemp("settings"), sandbox.settings)
        return here("run", "all", "--dry-run", "--json", **{f"CLOSELOOP_{name}": value})

    return two_at_a_time({setting: partial(run, setting) for setting in WRONG})


@pytest.mark.parametrize("setting", WRONG)
def test_a_wrong_setting_is_named(with_wrong_settings: dict[str, Finished], setting: str) -> None:
    tried = with_wrong_settings[setting]
    assert tried.complains(2, *WRONG[setting])
    assert "not-the-secret" not in tried.err


def test_an_instance_that_nobody_answers_at_is_named(connected: Closeloop) -> None:
    (connected.place / "leads.csv").write_text(LEADS)
    address = f"http://127.0.0.1:{closed_port()}"
    tried = connected("import", "leads.csv", CLOSELOOP_SALESFORCE_INSTANCE_URL=address)
    assert tried.complains(1, "cannot be reached", address, "CLOSELOOP_SALESFORCE_INSTANCE_URL")


@pytest.mark.parametrize("body", ["<html>\n<h1>Welcome</h1>\n</html>", "{}"])
def test_a_server_that_is_no_salesforce_is_told_apart(connected: Closeloop, body: str) -> None:
    with scripted_server() as server:
        server.then(*[Answer(200, body)] * 9)
        tried = connected("run", "all", "--dry-run", CLOSELOOP_SALESFORCE_INSTANCE_URL=server.url)
    assert tried.complains(2, "CLOSELOOP_SALESFORCE_")


def test_a_private_key_that_is_none_is_refused(connected: Closeloop) -> None:
    (connected.place / "key.pem").write_text("-----BEGIN NONSENSE-----")
    jwt = {"CLOSELOOP_SALESFORCE_USERNAME": "ops@acme.example", "CLOSELOOP_SALESFORCE_PRIVATE_KEY_FILE": "key.pem"}
    assert connected("run", "all", "--dry-run", **jwt).complains(2, "CLOSELOOP_SALESFORCE_PRIVATE_KEY_FILE")


def test_without_a_mail_key_no_run_that_sends_starts(connected: Closeloop) -> None:
    del connected.settings["CLOSELOOP_SENDGRID_API_KEY"]
    assert connected("run", "all", "--json").complains(2, "CLOSELOOP_SENDGRID_API_KEY")


def test_a_prefect_that_does_not_answer_is_named(connected: Closeloop) -> None:
    tried = connected("run", "closing", PREFECT_API_URL=f"http://127.0.0.1:{closed_port()}/api")
    assert (tried.code, tried.out) == (1, "this pass needs no Salesforce calls.\n")
    assert "unset PREFECT_API_URL" in tried.err.splitlines()[-1]
    assert "Traceback" not in tried.err


def test_a_dotenv_file_counts_and_its_empty_lines_do_not(closeloop: Closeloop) -> None:
    (closeloop.place / ".env").write_text("CLOSELOOP_SALESFORCE_INSTANCE_URL=\nCLOSELOOP_PLAYBOOK=missing.yaml\n")
    assert closeloop("playbook", "check").complains(2, "missing.yaml")


def test_a_dotenv_file_in_a_wrong_encoding_is_named(closeloop: Closeloop) -> None:
    (closeloop.place / ".env").write_bytes("CLOSELOOP_SECRET=schlüssel\n".encode("latin-1"))
    assert closeloop("report").complains(2, ".env", "save it as UTF-8")


def test_doctor_finds_everything_in_order(connected: Closeloop) -> None:
    examined = connected("doctor", "--json")
    assert examined.is_clean
    assert examined.json["ok"] is True
    assert {"playbook", "ledger", "Salesforce sign-in", "API limit", "SendGrid key"} <= {
        finding["check"] for finding in examined.json["findings"] if finding["level"] == "ok"
    }


def test_doctor_goes_on_behind_what_is_wrong_and_says_how_to_mend_it(connected: Closeloop) -> None:
    (connected.place / "registry.jsonl").write_text("no JSON\n")
    wrong = {
        "REGISTRY": "registry.jsonl",
        "SALESFORCE_CLIENT_SECRET": "not-the-secret",
        "SENDGRID_API_KEY": "wrong",
    }
    examined = connected("doctor", "--json", **{f"CLOSELOOP_{name}": value for name, value in wrong.items()})
    assert (examined.code, examined.err) == (1, "")
    broken = {
        found["check"]: found["found"] + found["fix"]
        for found in examined.json["findings"]
        if found["level"] == "error"
    }
    assert set(broken) == {"company registry", "Salesforce sign-in", "SendGrid key"}
    assert "CLOSELOOP_REGISTRY" in broken["company registry"]
    assert "CLOSELOOP_SALESFORCE_CLIENT_SECRET" in broken["Salesforce sign-in"]
    assert "CLOSELOOP_SENDGRID_API_KEY" in broken["SendGrid key"]
    assert "not-the-secret" not in examined.out


def test_doctor_tells_of_a_misspelt_setting_and_what_was_meant(connected: Closeloop) -> None:
    (connected.place / ".env").write_text("CLOSELOOP_SALESFORCE_CLIENTID=shh-7f3a\n")
    examined = connected("doctor", "--json", CLOSELOOP_COLOUR="green")
    assert examined.is_clean
    told = {found["found"]: found["fix"] for found in examined.json["findings"] if found["check"] == "settings"}
    assert set(told) == {
        "CLOSELOOP_COLOUR is no setting and is ignored",
        "CLOSELOOP_SALESFORCE_CLIENTID is no setting and is ignored",
    }
    assert "did you mean CLOSELOOP_SALESFORCE_CLIENT_ID?" in "".join(told.values())
    assert "shh-7f3a" not in examined.out


def test_a_real_run_for_a_future_moment_is_refused_before_anything_is_asked(connected: Closeloop) -> None:
    real = {"CLOSELOOP_SENDGRID_HOST": "https://api.sendgrid.com"}
    tried = connected("run", "all", "--as-of", "2999-01-05T09:00Z", **real)
    assert tried.complains(2, "is in the future", "--dry-run")


def test_a_gateway_that_nobody_outside_can_reach_is_not_registered(closeloop: Closeloop) -> None:
    key = {"CLOSELOOP_SENDGRID_API_KEY": "SG.x"}
    assert closeloop("gateway", "--port", "0", "--register", **key).complains(2, "set CLOSELOOP_PUBLIC_URL")


def test_a_registered_gateway_gets_what_the_buyers_answer(connected: Closeloop, sandbox: Served) -> None:
    with connected.started("gateway", "--port", "0", "--register") as gateway:
        assert gateway.stderr is not None
        assert "SendGrid now has these" in gateway.stderr.readline()
        event = gateway.stderr.readline().split()[-1]
        asked = httpx.get(
            f"{sandbox.settings['CLOSELOOP_SENDGRID_HOST']}/v3/user/webhooks/event/settings/all",
            headers={"Authorization": f"Bearer {sandbox.settings['CLOSELOOP_SENDGRID_API_KEY']}"},
            timeout=10,
        )
    assert event in [webhook["url"] for webhook in asked.json()["webhooks"]]
