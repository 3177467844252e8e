"""What every ledger promises about forgetting, old words, and stops that the provider has to be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Insert

from closeloop.adapters.ledger import SqlLedger, open_ledger
from closeloop.adapters.ledger.schema import metadata
from closeloop.application.ports import Change, CrmWriteRow, Ledger, ReceiptRow
from closeloop.domain.actions import ActionState
from closeloop.domain.errors import LedgerUnavailable
from closeloop.domain.forgetting import Erased, Erasure
from closeloop.domain.leads import Quarantined
from closeloop.domain.retention import BLANKED
from closeloop.domain.signals import SignalKind
from tests.contract.ledger_samples import (
    NOW,
    claim,
    crm_write,
    decision,
    fact,
    mail,
    person,
    plan,
    receipt,
    reply,
    settle,
    state_of,
    task,
    too_dear,
)

DAY = timedelta(days=1)
WORDS = "Too expensive for us, sorry."
TABLES = "actions action_events action_payloads receipts decisions signals crm_writes crm_seen prospects".split()


def lived(ledger: Ledger, key: str = "00Q1") -> None:
    """Somebody was written to, answered, was logged in the CRM and stopped."""
    address = f"{key.lower()}@north.example"
    plan(ledger, mail(key, mail={"subject": f"For {key}"}), task(key))
    ledger.commit(Change(decisions=(decision(key),)))
    claim(ledger)
    ledger.add_receipts([receipt(mail(key).key)])
    settle(ledger, mail(key).key, ActionState.ACCEPTED, provider_id="p1")
    answer = reply(f"m-{key}", prospect_key=key, address=address)
    ledger.receive([answer, reply(f"n-{key}", kind=SignalKind.OPENED, action_key=mail(key).key)], NOW)
    ledger.note_understanding(answer.identity, too_dear())
    ledger.add_crm_writes([crm_write(record_id=key, prospect_key=key), _made(key)])
    ledger.suppress(address, "asked us to stop", NOW, tell=True)
    ledger.add_quarantine("leads.csv", [Quarantined(line=3, reason="twice", row={"Email": address})], NOW)


def _made(key: str) -> CrmWriteRow:
    return crm_write(record_id=f"00T{key}", object="Task", field="", prospect_key=key)


def erase(ledger: Ledger, key: str = "00Q1") -> dict[str, int] | None:
    return ledger.erase([key], [f"{key.lower()}@north.example"], [f"00T{key}"])


def test_nothing_of_a_person_is_left_and_everything_of_a_colleague_is(ledger: Ledger) -> None:
    lived(ledger)
    lived(ledger, "00Q2")
    story = ledger.story("00Q2")
    counts = erase(ledger)
    assert counts is not None
    assert {what: counts[what] for what in ("prospects", "actions", "decisions", "signals", "receipts")} == {
        "prospects": 1,
        "actions": 2,
        "decisions": 1,
        "signals": 2,
        "receipts": 1,
    }
    assert ledger.prospects(["00Q1"]) == {}
    assert ledger.story("00Q1") == []
    assert ledger.find("00q1@north.example") == []
    assert ledger.actions([mail("00Q1").key]) == {}
    assert ledger.crm_writes_to(["00Q1", "00T00Q1"]) == []
    assert ledger.suppressed(["00q1@north.example"]) == {}
    assert [row.row for _, row in ledger.quarantine()] == [{"Email": "00q2@north.example"}]
    assert ledger.story("00Q2") == story
    assert ledger.to_tell(9) == ["00q2@north.example"]


def test_erasing_twice_erases_nothing_more(ledger: Ledger) -> None:
    lived(ledger)
    erase(ledger)
    assert erase(ledger) == {}


def test_nobody_is_erased_while_a_worker_holds_a_mail_of_theirs(ledger: Ledger) -> None:
    plan(ledger, mail())
    claim(ledger)
    assert erase(ledger) is None
    assert ledger.prospects(["00Q1"])
    settle(ledger, mail().key, ActionState.ACCEPTED)
    assert erase(ledger)


def test_a_run_that_read_them_before_does_not_bring_them_back(ledger: Ledger) -> None:
    ledger.add_prospects([person()])
    erase(ledger)
    late = Change(
        prospects=(person(title="CFO"),),
        decisions=(decision(),),
        actions=(mail(),),
        read={"00Q1": person()},
    )
    assert ledger.commit(late).overtaken == {"00Q1"}
    assert ledger.prospects(["00Q1"]) == {}


def test_whoever_they_named_keeps_no_word_of_who_that_was(ledger: Ledger) -> None:
    ledger.add_prospects([person(), person("00Q2", referred_by="Ana Moreau 00Q1", description="Referred by Ana")])
    erase(ledger)
    left = ledger.prospects(["00Q2"])["00Q2"]
    assert (left.referred_by, left.description) == (None, None)


def test_what_is_known_of_a_company_stays_while_a_colleague_is_there(ledger: Ledger) -> None:
    ledger.add_prospects([person(), person("00Q2")])
    answers = ["north.example", "north.example @pdl"]
    ledger.cache_facts(dict.fromkeys(answers, (fact(),)), NOW + DAY)
    erase(ledger)
    assert len(ledger.cached_facts(answers, NOW)) == 2
    erase(ledger, "00Q2")
    assert ledger.cached_facts(answers, NOW) == {}


def test_everybody_under_a_mail_domain_is_found_and_nobody_under_another(ledger: Ledger) -> None:
    given = {"00Q1": "Anna@volvo.example", "00Q2": "anna+x@volvo.example", "00Q3": "anna@my_volvo.example"}
    ledger.add_prospects([person(key, email=email) for key, email in given.items()])
    ledger.add_prospects(
        [person("00Q4", email="anna@myXvolvo.example"), person("00Q5", email="a@sub.volvo.example")]
    )
    assert ledger.addresses_under(["volvo.example"]) == {
        "00Q1": "anna@volvo.example",
        "00Q2": "anna+x@volvo.example",
    }
    assert ledger.addresses_under(["my_volvo.example"]) == {"00Q3": "anna@my_volvo.example"}
    assert ledger.addresses_under([]) == {}


def test_the_footprint_names_what_was_made_outside(ledger: Ledger) -> None:
    lived(ledger)
    found = ledger.footprint(["00Q1"])
    assert found.task_keys == (task().key,)
    assert found.made == (("Task", "00T00Q1"),)
    assert ledger.footprint(["00Q9"]).made == ()


def test_an_erasure_is_begun_once_and_known_by_each_of_its_marks(ledger: Ledger) -> None:
    begun = ledger.begin_erasure(Erasure(id="e1", at=NOW), ["m1", "m2"])
    line = Erased(where="CRM", what="Task deleted", number=2, ids=("00T1", "00T2"))
    ledger.note_erasure(begun.model_copy(update={"erased": (line,), "done_at": NOW}))
    again = ledger.begin_erasure(Erasure(id="e1", at=NOW + DAY), ["m3"])
    assert (again.at, again.done_at, again.erased[0].number, again.erased[0].ids) == (NOW, NOW, 2, ())
    assert ledger.forgotten(["m1", "m2", "m3", "m4"]) == {"m1", "m2", "m3"}
    assert ledger.erasure_of(["m4", "m3"]) == again
    assert ledger.erasure_of(["m4"]) is None


# stops


def test_the_provider_is_told_of_each_stop_until_it_has_taken_it(ledger: Ledger) -> None:
    ledger.suppress("B@north.example", "asked us to stop", NOW, tell=True)
    ledger.suppress("a@north.example", "bounced", NOW)
    ledger.suppress("a@north.example", "asked us to stop", NOW, tell=True)
    ledger.suppress("c@north.example", "bounced", NOW)
    assert ledger.to_tell(9) == ["a@north.example", "b@north.example"]
    assert ledger.to_tell(1) == ["a@north.example"]
    ledger.told(["A@north.example"])
    assert ledger.to_tell(9) == ["b@north.example"]
    assert ledger.suppressed(["a@north.example"]) == {"a@north.example": "bounced"}


def test_many_are_suppressed_at_once_and_the_first_reason_stays(ledger: Ledger) -> None:
    ledger.suppress("a@north.example", "asked us to stop", NOW)
    ledger.suppress_all({"A@north.example": ("bounces", NOW), "d@north.example": ("spam_reports", NOW)})
    found = ledger.suppressed(["a@north.example", "d@north.example"])
    assert found == {"a@north.example": "asked us to stop", "d@north.example": "spam_reports"}
    assert ledger.to_tell(9) == []


# doubts


def test_a_doubt_stays_until_it_is_known_again_what_they_were_sent(ledger: Ledger) -> None:
    ledger.doubt(["00Q1", "00Q2", "00Q1"])
    assert ledger.doubted(["00Q1", "00Q2", "00Q3"]) == {"00Q1", "00Q2"}
    ledger.trust(["00Q1"])
    assert ledger.doubted(["00Q1", "00Q2"]) == {"00Q2"}


# retention


def told_and_answered(ledger: Ledger) -> None:
    said = mail(subject="For you", text="Good morning", html="<p>Good morning</p>", mailbox="a@ours.example")
    plan(ledger, said.model_copy(update={"words": "w1"}), mail(step=2, subject="Not yet", text="Good evening"))
    claim(ledger, limit=1)
    ledger.add_receipts([receipt(mail().key)])
    settle(ledger, mail().key, ActionState.ACCEPTED)
    answer = reply(prospect_key="00Q1")
    event = reply(
        "e1", kind=SignalKind.DELIVERED, action_key=mail().key, payload={"try": "2", "useragent": "a phone"}
    )
    ledger.receive([answer, event, reply("m2")], NOW)
    ledger.note_understanding(answer.identity, too_dear())
    ledger.commit(Change(handled_signals=(answer.identity, event.identity)))


def test_old_words_are_blanked_and_keys_hashes_states_and_times_stay(ledger: Ledger) -> None:
    told_and_answered(ledger)
    after = NOW + DAY
    assert (ledger.blank_signals(after, 9), ledger.blank_payloads(after, 9), ledger.blank_receipts(after, 9)) == (
        2,
        1,
        1,
    )
    (sent, state) = ledger.actions([mail().key])[mail().key]
    assert (state, sent.words, sent.payload["mailbox"]) == (ActionState.ACCEPTED, "w1", "a@ours.example")
    assert sent.payload["text"] == sent.payload["html"] == sent.payload["subject"] == "(no longer kept)"
    assert ledger.words_sent(["00Q1"]) == {"00Q1": {"w1"}}
    assert plan(ledger, mail(step=7).model_copy(update={"words": "w1"})) == 0
    ((answer, understood),) = ledger.replies()
    assert (answer.id, answer.occurred_at, answer.payload) == ("m1", NOW, {BLANKED: True})
    assert (understood.primary, understood.said) == (too_dear().primary, "")
    assert [row.values for row in ledger.receipts_of([mail().key])[mail().key]] == [{BLANKED: True}]
    assert all(WORDS not in line.model_dump_json() for line in ledger.story("00Q1"))


def test_what_waits_or_is_in_doubt_or_is_young_keeps_its_words(ledger: Ledger) -> None:
    told_and_answered(ledger)
    assert (ledger.blank_signals(NOW, 9), ledger.blank_payloads(NOW, 9), ledger.blank_receipts(NOW, 9)) == (0, 0, 0)
    ledger.blank_signals(NOW + DAY, 9)
    ledger.blank_payloads(NOW + DAY, 9)
    (waiting,) = ledger.waiting_signals(9)
    assert waiting.payload["text"] == WORDS
    assert ledger.actions([mail(step=2).key])[mail(step=2).key][0].payload["text"] == "Good evening"


def test_blanking_goes_on_where_it_stopped_and_ends(ledger: Ledger) -> None:
    told_and_answered(ledger)
    after = NOW + DAY
    assert [ledger.blank_signals(after, 1) for _ in range(3)] == [1, 1, 0]
    assert [ledger.blank_payloads(after, 1) for _ in range(2)] == [1, 0]
    assert [ledger.blank_receipts(after, 1) for _ in range(2)] == [1, 0]


def test_the_number_of_an_attempt_survives_blanking(ledger: Ledger) -> None:
    """News about an attempt that was called back must never be taken for news about a later one."""
    told_and_answered(ledger)
    ledger.blank_signals(NOW + DAY, 9)
    assert [s.payload for s in ledger.signals_about([mail().key])] == [{"try": "2", BLANKED: True}]


# the rules of the schema, for everybody who is not erasing


@pytest.fixture
def real(ledger_place: Path | str) -> Iterator[SqlLedger]:
    made = open_ledger(ledger_place)
    yield made
    made.close()


def test_no_row_of_any_table_names_somebody_who_was_erased(real: SqlLedger) -> None:
    lived(real)
    erase(real)
    with real._database.read() as connection:
        left = {table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() for table in TABLES}
    assert set(left.values()) == {0}, left


ABOUT_PEOPLE = {"prospect_key", "action_key", "record_id", "address"}


def test_every_table_that_can_name_a_person_is_emptied_of_them(real: SqlLedger) -> None:
    """Also one that was added since: with columns of these names it is found without being listed."""
    lived(real)
    with real._database.write() as connection:
        connection.execute(_approval())
    erase(real)
    named = [table for table in metadata.sorted_tables if ABOUT_PEOPLE & set(table.columns.keys())]
    with real._database.read() as connection:
        left = {table.name: len(connection.execute(table.select()).all()) for table in named}
    assert len(named) > 12
    assert set(left.values()) == {0}, left


def _approval() -> Insert:
    table = metadata.tables["approvals"]
    waits = {"id": "a1", "prospect_key": "00Q1", "state": "waiting", "asked_at": NOW, "body": "{}"}
    return table.insert().values(waits)


def forced_through(ledger: SqlLedger, *statements: str) -> None:
    with ledger._database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_the_history_of_everybody_else_cannot_be_deleted(real: SqlLedger) -> None:
    lived(real)
    for forced in ("DELETE FROM action_events", "UPDATE action_events SET detail = ''"):
        with pytest.raises(LedgerUnavailable, match="append-only"):
            forced_through(real, forced)
    with pytest.raises(LedgerUnavailable, match="append-only"):
        forced_through(real, "INSERT INTO erasing VALUES ('00Q9')", "DELETE FROM action_events")
    assert state_of(real, mail().key) is ActionState.ACCEPTED


def test_the_file_itself_no_longer_holds_what_was_erased(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.db")
    lived(ledger)
    ledger.add_receipts(
        [ReceiptRow(action_key=mail().key, checked_at=NOW, values={"x": "unmistakable"}, verdict="send")]
    )
    erase(ledger)
    ledger.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (b"unmistakable", b"00q1@north.example", b"Moreau", b"Too expensive"):
        assert word not in content, word
