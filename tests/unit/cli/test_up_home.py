"""What `closeloop up` refuses before it starts anything, and what it keeps in the home folder."""

from __future__ import annotations

import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from closeloop.adapters.clock import SystemClock
from closeloop.cli.up import needs_sandbox
from closeloop.cli.up_home import Ports, alone_in, kept_credentials, note_who, write_environment
from closeloop.cli.up_sandbox import CLOCK_FILE, _begin
from closeloop.domain.errors import UsageError
from config.settings import Settings

HERE = "127.0.0.1"
CRM = Settings(
    salesforce_instance_url="https://acme.my.salesforce.example",
    salesforce_client_id="id",
    salesforce_client_secret=SecretStr("secret"),
)
KEY = SecretStr("SG.x")


def test_the_sandbox_stands_in_where_no_salesforce_is_set() -> None:
    assert needs_sandbox(Settings())
    assert not needs_sandbox(CRM.model_copy(update={"sendgrid_api_key": KEY}))


def test_half_a_set_of_keys_is_told_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="SendGrid is set and Salesforce is not: set CLOSELOOP_SALESFORCE"):
        needs_sandbox(Settings(sendgrid_api_key=KEY))
    with pytest.raises(UsageError, match="Salesforce is set and SendGrid is not: set CLOSELOOP_SENDGRID_API_KEY"):
        needs_sandbox(CRM)
    with pytest.raises(UsageError, match="CLOSELOOP_SALESFORCE_CLIENT_ID"):
        needs_sandbox(Settings(salesforce_instance_url="https://acme.my.salesforce.example", sendgrid_api_key=KEY))


def test_a_port_that_is_asked_for_and_taken_is_told_with_its_option(tmp_path: Path) -> None:
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use: .* choose another --gateway-port"):
            Ports(tmp_path, HERE).take("gateway", port, 8080)


def test_without_a_wish_the_next_free_port_is_taken_and_had_again_next_time(tmp_path: Path) -> None:
    with socket.create_server((HERE, 0)) as taken:
        usual = taken.getsockname()[1]
        first = Ports(tmp_path, HERE).take("prefect", None, usual)
        assert first != usual
    assert Ports(tmp_path, HERE).take("prefect", None, usual) == first  # though the usual one is free now


def test_two_parts_never_get_the_same_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path, HERE)
    usual = ports.take("prefect", 0, 1)
    assert ports.take("gateway", None, usual) != usual


def test_a_damaged_list_of_ports_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "up-ports.json").write_text("[1, 2")
    assert Ports(tmp_path, HERE).take("prefect", 0, 1) > 0


def test_a_home_has_one_up_and_the_other_is_told_where_it_is(tmp_path: Path) -> None:
    with alone_in(tmp_path):
        note_who(tmp_path, "Prefect at http://127.0.0.1:4200")
        with (
            pytest.raises(UsageError, match=r"already up in .*Prefect at http://127\.0\.0\.1:4200"),
            alone_in(tmp_path),
        ):
            pass
    with alone_in(tmp_path):
        pass


def test_what_only_the_owner_may_know_is_kept_for_the_owner(tmp_path: Path) -> None:
    credentials = kept_credentials(tmp_path)
    assert kept_credentials(tmp_path) == credentials
    user, password = credentials.split(":")
    assert (user, len(password) >= 24) == ("closeloop", True)
    file = write_environment(tmp_path, {"CLOSELOOP_SENDGRID_API_KEY": "it's one"})
    assert file.read_text() == """CLOSELOOP_SENDGRID_API_KEY='it'"'"'s one'\n"""
    assert {stat.S_IMODE(path.stat().st_mode) for path in (file, tmp_path / "prefect-auth")} == {0o600}


def test_the_sandboxes_time_never_runs_back(tmp_path: Path) -> None:
    before = SystemClock().now()
    assert _begin(tmp_path) >= before
    ahead = before + timedelta(days=3)
    (tmp_path / CLOCK_FILE).write_text(ahead.isoformat())
    assert _begin(tmp_path) == ahead
    (tmp_path / CLOCK_FILE).write_text(datetime(2026, 1, 5, tzinfo=UTC).isoformat())
    assert _begin(tmp_path) >= before
