"""The short story: a mail is one line, and nothing that went wrong is left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from closeloop.application.brief_story import brief
from closeloop.application.ports import StoryLine
from closeloop.application.why import tell
from tests.unit.invented_deals import NOW, a_deal

KEY = "email:00Q01:approach:1:1"


def line(text: str, minutes: int = 0, told_as: str = "action", /, **detail: Any) -> StoryLine:
    return StoryLine(at=NOW + timedelta(minutes=minutes), kind=told_as, text=text, detail=detail)


def move(to: str, text: str, minutes: int = 0, key: str = KEY, old: str | None = None) -> StoryLine:
    return line(text, minutes, action_key=key, to=to, **{"from": old})


def event(kind: str, minutes: int) -> StoryLine:
    return line(f"The e-mail: {kind}.", minutes, "signal", kind=kind, action_key=KEY)


def receipt(verdict: str = "send") -> StoryLine:
    return line(f"Last look: {verdict}.", 0, "receipt", verdict=verdict, action_key=KEY)


SENT = (
    move("planned", "Planned the e-mail “Hi”."),
    move("claimed", "Started on the e-mail “Hi”, attempt 1.", old="planned"),
    receipt(),
    move("accepted", "The e-mail “Hi” was sent.", old="claimed"),
)


def texts(*lines: StoryLine) -> list[str]:
    return [one.text for one in brief(tell(a_deal(), lines)).episodes]


def test_a_mail_with_its_log_its_arrival_and_its_opening_is_one_line() -> None:
    log = f"task:log:{KEY}"
    logged = (
        move("planned", "Planned the task.", 0, log),
        move("accepted", "The task was created.", 0, log, "claimed"),
    )
    made = line("Logged the mail.", 0, "crm", field="", state="written", reason=f"approach: {log}")
    told = texts(*SENT, event("processed", 0), *logged, made, event("delivered", 2), event("opened", 60))
    assert told == [
        f"The e-mail “Hi” was sent; arrived {NOW + timedelta(minutes=2):%d %b %H:%M}; "
        f"opened {NOW + timedelta(minutes=60):%d %b %H:%M}."
    ]


def test_a_mail_that_was_stopped_is_told_whole() -> None:
    stopped = (*SENT[:2], receipt("they replied"), move("skipped", "The e-mail “Hi” was not sent: they replied."))
    assert len(texts(*stopped)) == len(stopped)


def test_doubt_about_a_mail_stays_in_its_story() -> None:
    doubt = move("uncertain", "It has to be looked up.", 1, old="claimed")
    proved = move("accepted", "The e-mail “Hi” was sent: proved.", 9, old="uncertain")
    assert texts(*SENT[:3], doubt, proved) == ["It has to be looked up.", "The e-mail “Hi” was sent: proved."]


def test_a_retry_stays_in_its_story() -> None:
    again = move("planned", "The e-mail was surely not sent.", 1, old="claimed")
    assert "The e-mail was surely not sent." in texts(*SENT[:3], again, SENT[3])


def test_replies_and_bounces_are_lines_of_their_own() -> None:
    reply = line("Replied: “Yes.”", 5, "signal", kind="reply", action_key=KEY)
    assert texts(*SENT, event("bounced", 3), reply)[1:] == ["The e-mail: bounced.", "Replied: “Yes.”"]


def test_what_was_learned_at_once_from_one_source_is_one_line() -> None:
    crm = [
        line(f"Learned from crm:{name}: {name} is {value} (100% certain).", 0, "fact", source=f"crm:{name}")
        for name, value in (("industry", "Retail (online)"), ("country", "DE"))
    ]
    assert texts(*crm) == ["Learned from our records: industry is Retail (online), country is DE."]


def test_fields_of_one_record_written_at_once_are_one_line_and_an_unsure_write_is_not_hidden() -> None:
    def write(field: str, state: str = "written") -> StoryLine:
        detail = {"field": field, "state": state, "record_id": "00Q01", "object": "Lead", "reason": "r"}
        return line(f"Set {field}.", 0, "crm", **detail)

    told = texts(write("Status"), write("Rating"), write("Industry", "intended"))
    assert told == ["Set 2 fields of the Lead in the CRM: Status, Rating.", "Set Industry."]
