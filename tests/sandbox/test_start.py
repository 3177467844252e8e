"""Starting and stopping the sandbox as a process, with its files and its errors."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox.__main__ import main
from tests.sandbox.conftest import ROOT, running_sandbox

pytestmark = pytest.mark.long

CSV = """First Name,last name,Company / Account,Email,No. of Employees,Annual Revenue,Do Not Call,Shoe Size
Nora,Berg,Fjord AS,nora@fjord.example,"1,200",5000000.50,TRUE,39
,,,,,,,
Ola,,Fjord AS,ola@fjord.example,,,,
Zoë,สมชาย,Ärzte GmbH,zoe@aerzte.example,10,,,
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(end: signal.Signals) -> None:
    with running_sandbox() as sandbox:
        sandbox.process.send_signal(end)
        assert sandbox.process.wait(timeout=10) == 0


def test_it_ends_when_the_process_that_holds_its_input_is_gone() -> None:
    command = [sys.executable, "-m", "sandbox", "--with-parent"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as sandbox:
        assert sandbox.stdin is not None
        assert sandbox.stdout is not None
        control = json.loads(sandbox.stdout.readline())["control"]
        assert httpx.get(f"{control}/snapshot").status_code == 200
        sandbox.stdin.close()
        assert sandbox.wait(timeout=10) == 0


def test_leads_of_a_csv_are_there_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(CSV, "utf-8-sig")
    with running_sandbox("--leads", str(file)) as sandbox:
        statement = "SELECT Name, NumberOfEmployees, AnnualRevenue, DoNotCall FROM Lead ORDER BY Id"
        records = sandbox.client().query(statement)["records"]
    assert [record["Name"] for record in records] == ["Nora Berg", "Zoë สมชาย"]
    first = records[0]
    assert (first["NumberOfEmployees"], first["AnnualRevenue"], first["DoNotCall"]) == (1200, 5000001.0, True)


def test_a_second_start_finds_the_crm_as_the_first_left_it(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    with running_sandbox("--state", state) as sandbox:
        sandbox.post_control("advance", {"hours": 48})
        first = sandbox.client().Lead.create({"LastName": "A", "Company": "B"})["id"]
    with running_sandbox("--state", state) as sandbox:
        sf = sandbox.client()
        assert sf.Lead.get(first)["LastName"] == "A"
        second = sf.Lead.get(sf.Lead.create({"LastName": "C", "Company": "B"})["id"])
        assert second["Id"] != first
        assert second["CreatedDate"] == "2026-01-07T08:00:00.000+0000"
        assert sf.query("SELECT COUNT() FROM User")["totalSize"] == 3


def test_a_second_start_finds_the_setup_as_the_first_left_it(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    own = {"object": "Lead", "name": "Rank__c", "type": "string", "length": 3}
    rule = {"name": "Same_address", "object": "Lead", "match": ["Email"]}
    lead = {"LastName": "A", "Company": "B", "Email": "a@x.example", "Rank__c": "top"}
    with running_sandbox("--state", state) as sandbox:
        sandbox.post_control("org", {"fields": [own], "duplicate_rules": [rule]})
        assert sandbox.rest("POST", "sobjects/Lead", json=lead).status_code == 201
    with running_sandbox("--state", state) as sandbox:
        refused = sandbox.rest("POST", "sobjects/Lead", json=lead).json()[0]["errorCode"]
        assert refused == "DUPLICATES_DETECTED"
        assert [row["Rank__c"] for row in sandbox.client().query("SELECT Rank__c FROM Lead")["records"]] == ["top"]
        assert sandbox.client().query("SELECT COUNT() FROM DuplicateRule")["totalSize"] == 1
        sandbox.post_control("reset")
    with running_sandbox("--state", state) as sandbox:
        assert sandbox.rest("POST", "sobjects/Lead", json=lead).json()[0]["errorCode"] == "INVALID_FIELD"


Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    def attempt(*arguments: str) -> str:
        assert main(list(arguments)) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert len(printed.err.splitlines()) == 1
        return printed.err

    return attempt


def test_a_port_in_use_is_refused_in_one_line(refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "choose another --port" in refused("--port", port)
    assert "choose another --port" in refused("--port", "70000")


def test_a_refused_start_exits_with_2() -> None:
    command = [sys.executable, "-m", "sandbox", "--leads", "nowhere.csv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "is empty"),
        (b"Name,Mail\nx,y\n", "has no column Last Name and no column Company"),
        ("Last Name,Company\nMüller,X\n".encode("latin-1"), "is not UTF-8"),
        (b"Last Name,Company\n,X\n", "no row could be loaded"),
        (b"\x00\x01", "leads.csv"),
    ],
)
def test_a_leads_file_that_cannot_be_used_is_refused_in_one_line(
    refused: Refused, tmp_path: Path, content: bytes, advice: str
) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(content)
    assert advice in refused("--leads", str(file))


def test_a_leads_file_that_is_not_there_is_refused_in_one_line(refused: Refused, tmp_path: Path) -> None:
    assert "give the path of a CSV file" in refused("--leads", str(tmp_path / "nowhere.csv"))


def test_a_bad_state_file_is_refused_in_one_line(refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    file.write_bytes(b"this is no database, but it is long enough to look like a file" * 20)
    assert "give a writable SQLite file" in refused("--state", str(file))
    assert "give a writable SQLite file" in refused("--state", str(tmp_path / "no" / "state.db"))


def test_it_prints_lines_to_copy_for_the_program_under_trial_and_keeps_stdout_for_json() -> None:
    command = [sys.executable, "-m", "sandbox", "--exports", "TRIAL_", "--start", "2026-03-02T09:30:00+01:00"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            found = json.loads(process.stdout.readline())
            lines = [process.stderr.readline().strip() for _ in range(6)]
            clock = httpx.get(f"{found['control']}/clock", timeout=10).json()
        finally:
            process.terminate()
    exports = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    assert exports == {
        "TRIAL_SALESFORCE_INSTANCE_URL": found["salesforce"]["instance_url"],
        "TRIAL_SALESFORCE_CLIENT_ID": found["salesforce"]["client_id"],
        "TRIAL_SALESFORCE_CLIENT_SECRET": found["salesforce"]["client_secret"],
        "TRIAL_SENDGRID_HOST": found["sendgrid"]["host"],
        "TRIAL_SENDGRID_API_KEY": found["sendgrid"]["api_key"],
        "SANDBOX_CONTROL": found["control"],
    }
    assert clock == {"now": "2026-03-02T08:30:00+00:00"}
