"""What the tests hold sandbox/buyers to: acts."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from email import message_from_string
from email.policy import default as email_policy
from typing import Any

import pytest

from sandbox.buyers.chance import Chance
from sandbox.buyers.people import person_at
from sandbox.buyers.personas import draw
from tests.sandbox.mail_fixtures import address_of, addresses_of
from tests.sandbox.served import MailSandbox, Receiver, mail_sandbox

ONE_CLICK = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def play(people: list[str], stages: list[str], seed: int = 7) -> list[dict[str, Any]]:
    """The truth after one mail of each stage to everybody, a week apart, without what depends on the
    request."""
    with mail_sandbox(seed) as served:
        for stage in stages:
            served.send(*people, stage=stage)
            served.advance(24 * 7)
        return [{key: act[key] for key in act if key != "x_message_id"} for act in served.acts()]


def write_to(mail: MailSandbox, email: str, *stages: str, days: int = 5) -> list[dict[str, Any]]:
    """One mail per stage, `days` apart; what the person did that was more than opening and clicking."""
    for stage in stages:
        mail.send(email, stage=stage)
        mail.advance(24 * days)
    return [act for act in mail.acts() if act["email"] == email and act["act"] not in ("open", "click")]


def test_the_order_of_sending_changes_nothing() -> None:
    people = [f"p{n}@company{n}.example" for n in range(150)]
    stages = ["approach", "approach", "presentation", "closing"]
    shuffled = random.Random(1).sample(people, len(people))  # noqa: S311
    first, second = play(people, stages), play(shuffled, stages)
    assert first == second
    assert len(first) > 150


def test_another_seed_gives_other_acts() -> None:
    people = [f"p{n}@company{n}.example" for n in range(60)]
    assert play(people, ["approach"], seed=1) != play(people, ["approach"], seed=2)


def test_other_people_in_the_same_mail_do_not_change_what_somebody_does() -> None:
    email = address_of("champion")
    alone = play([email], ["approach", "approach"])
    among = play([f"p{n}@c.example" for n in range(50)] + [email], ["approach", "approach"])
    assert [act for act in among if act["email"] == email] == alone


def test_a_champion_goes_from_interest_over_a_meeting_to_a_decision(mail: MailSandbox) -> None:
    stages = ["approach", "approach", "presentation", "closing", "closing"]
    acts = write_to(mail, address_of("champion"), *stages)
    assert [act["label"] for act in acts[:2]] == ["interested", "meeting"]
    assert acts[2]["ends"] in ("won", "lost")
    assert acts[2]["stage"] == "closing"


def test_a_skeptic_needs_several_answers_to_an_objection(mail: MailSandbox) -> None:
    email = address_of("skeptic")
    assert [act["label"] for act in write_to(mail, email, *["approach"] * 3)] == ["objection_price"]
    after_one = write_to(mail, email, "objections")
    assert [act["label"] for act in after_one] == ["objection_price"]
    after_five = write_to(mail, email, *["objections"] * 4)
    assert [act["label"] for act in after_five][:2] == ["objection_price", "interested"]


def test_a_ghost_never_writes(mail: MailSandbox) -> None:
    assert write_to(mail, address_of("ghost"), *["approach"] * 5) == []


@pytest.mark.parametrize("persona", ["opt_out_writer", "lawyer", "misaddressed", "departed", "pointer"])
def test_after_a_stop_a_buyer_never_acts_again_but_later_mail_is_on_record(mail: MailSandbox, persona: str) -> None:
    email = address_of(persona)
    acts = write_to(mail, email, *["approach"] * 3)
    assert [act["stop"] for act in acts] == [True]
    before = mail.acts()
    mail.send(email)
    mail.advance(24 * 10)
    assert mail.acts() == before
    assert len(mail.get("/_control/journal?service=sendgrid").json()) == 4


def test_after_a_final_no_nothing_more_is_written() -> None:
    people = addresses_of("champion", 12)
    acts = play(people, ["approach", "approach", "presentation", "closing", "closing", "follow_up", "follow_up"])
    lost = {act["email"]: act["at"] for act in acts if act["ends"] == "lost"}
    assert lost
    assert not [act for act in acts if act["email"] in lost and act["at"] > lost[act["email"]]]
    assert "other" in {act["label"] for act in acts if act["email"] not in lost}


def test_a_mail_is_opened_before_its_link_and_both_before_the_answer() -> None:
    people = addresses_of("champion", 15)
    acts = play(people, ["approach"])
    order = {"open": 0, "click": 1, "reply": 2}
    for email in people:
        mine = [(act["at"], order[act["act"]]) for act in acts if act["email"] == email]
        assert [rank for _, rank in sorted(mine)] == sorted(rank for _, rank in mine)
    assert {act["act"] for act in acts} == set(order)


def test_people_act_in_their_own_working_hours() -> None:
    people = [f"p{n}@company{n}.example" for n in range(200)]
    for act in play(people, ["approach"]):
        if act["label"] in ("out_of_office", "auto_reply", "left_company", None) or act["act"] == "bounce":
            continue
        offset = person_at(Chance(7, act["email"]), act["email"], "").utc_offset
        local = datetime.fromisoformat(act["at"]) + timedelta(hours=offset)
        assert local.weekday() < 5
        assert 8 <= local.hour < 20


def test_an_absence_is_announced_by_a_machine_and_followed_by_a_normal_reply_after_the_return() -> None:
    people = addresses_of("traveller", 12)
    acts = [act for act in play(people, ["approach", "approach", "approach", "approach"]) if act["act"] == "reply"]
    for email in people:
        mine = [act for act in acts if act["email"] == email]
        assert mine[0]["label"] == "out_of_office"
        assert all(act["at"][:10] >= mine[0]["resume_on"] for act in mine[1:])
    assert "interested" in {act["label"] for act in acts}


def test_a_date_to_come_back_is_kept_as_truth_and_nothing_is_answered_before() -> None:
    people = addresses_of("postponer", 10)
    acts = [act for act in play(people, ["approach"] * 8) if act["act"] == "reply"]
    for email in people:
        first, *later = [act for act in acts if act["email"] == email]
        assert first["label"] == "not_now"
        assert date.fromisoformat(first["resume_on"]) > datetime.fromisoformat(first["at"]).date()
        assert all(act["at"][:10] >= first["resume_on"] for act in later)


def test_an_automatic_reply_says_so_in_its_headers_and_a_human_one_does_not(
    mail: MailSandbox, receiver: Receiver
) -> None:
    write_to(mail, address_of("robot"), "approach")
    write_to(mail, address_of("champion"), "approach", "approach")
    machine, human = (message_from_string(reply["headers"], policy=email_policy) for reply in receiver.replies[:2])
    assert machine["Auto-Submitted"] == "auto-replied"
    assert human["Auto-Submitted"] is None
    assert human["Subject"] == "Re: An idea for your warehouse"


def test_a_reply_goes_to_the_reply_address_in_the_thread_of_the_mail(mail: MailSandbox, receiver: Receiver) -> None:
    email = address_of("opt_out_writer")
    own = {"Message-ID": "<step1@seller.example>", "References": "<root@seller.example>"}
    for _ in range(3):
        mail.send(email, headers=own)
        mail.advance(24 * 5)
    (reply,) = receiver.replies
    headers = message_from_string(reply["headers"], policy=email_policy)
    assert headers["In-Reply-To"] == "<step1@seller.example>"
    assert headers["References"] == "<root@seller.example> <step1@seller.example>"
    assert reply["envelope"] == f'{{"to": ["r-token@replies.seller.example"], "from": "{email}"}}'
    assert reply["attachments"] == "0"
    assert receiver.content_types[0].startswith("multipart/form-data")
    (act,) = (act for act in mail.acts() if act["act"] == "reply")
    assert act["reply_id"] == headers["Message-ID"]
    assert act["message_key"] == f"approach:{email}"


def test_a_referral_names_an_invented_colleague_at_the_same_domain(mail: MailSandbox, receiver: Receiver) -> None:
    email = address_of("pointer")
    (act,) = write_to(mail, email, "approach", "approach")
    assert act["refers_to"].endswith(email[email.index("@") :])
    assert act["refers_to"] in receiver.replies[0]["text"]


def test_a_public_name_stands_for_a_server_on_this_machine(mail: MailSandbox, receiver: Receiver) -> None:
    public = "https://mail.seller.example"
    named = {"hosts": {public: receiver.url}}
    assert mail.post("/_control/hosts", named).json() == named["hosts"]
    for _ in range(3):
        mail.send(address_of("one_click_leaver"), headers={**ONE_CLICK, "List-Unsubscribe": f"<{public}/u/token1>"})
        mail.advance(24 * 5)
    assert receiver.opt_outs == [("/u/token1", {"List-Unsubscribe": "One-Click"})]


@pytest.mark.parametrize(
    "hosts", [None, [], {"mail.seller.example": "http://127.0.0.1:1"}, {"https://a.example/x": "b"}]
)
def test_names_that_are_no_addresses_are_refused(mail: MailSandbox, hosts: Any) -> None:
    answer = mail.post("/_control/hosts", {"hosts": hosts})
    assert answer.status_code == 400
    assert "https://mail.firm.example" in answer.json()["error"]


def test_an_opt_out_uses_the_one_click_address_of_the_mail(mail: MailSandbox, receiver: Receiver) -> None:
    headers = {**ONE_CLICK, "List-Unsubscribe": f"<mailto:u@seller.example>, <{receiver.url}/u/token1>"}
    for _ in range(3):
        mail.send(address_of("one_click_leaver"), headers=headers)
        mail.advance(24 * 5)
    assert receiver.opt_outs == [("/u/token1", {"List-Unsubscribe": "One-Click"})]
    assert receiver.replies == []


def test_an_opt_out_is_written_where_no_reachable_address_is_offered(mail: MailSandbox, receiver: Receiver) -> None:
    headers = {**ONE_CLICK, "List-Unsubscribe": "<https://elsewhere.example/u/1>"}
    for _ in range(3):
        mail.send(address_of("one_click_leaver"), headers=headers)
        mail.advance(24 * 5)
    assert len(receiver.replies) == 1
    assert [act["label"] for act in mail.acts() if act["stop"]] == ["unsubscribe"]


def test_an_opt_out_by_sendgrids_own_link_is_an_event_and_a_suppression(
    mail: MailSandbox, receiver: Receiver
) -> None:
    email = address_of("one_click_leaver")
    for _ in range(3):
        mail.send(email, tracking_settings={"subscription_tracking": {"enable": True}})
        mail.advance(24 * 5)
    assert [event["email"] for event in receiver.events if event["event"] == "unsubscribe"] == [email]
    assert mail.get(f"/v3/asm/suppressions/global/{email}").json() == {"recipient_email": email}


def test_copies_are_delivered_but_nobody_answers_them(mail: MailSandbox, receiver: Receiver) -> None:
    robot = address_of("robot")
    mail.send(personalizations=[{"to": [{"email": address_of("ghost")}], "bcc": [{"email": robot}]}])
    mail.advance(24)
    assert {event["email"] for event in receiver.events if event["event"] == "delivered"} >= {robot}
    assert receiver.replies == []


def test_the_shares_of_a_town_are_plausible_for_outbound_mail() -> None:
    names = [draw(Chance(7, f"person{n}@company{n}.example")).name for n in range(6000)]
    shares = {name: names.count(name) / len(names) for name in set(names)}
    silent = sum(shares[name] for name in ("ghost", "reader", "clicker"))
    gone = [
        "dead_address",
        "one_click_leaver",
        "opt_out_writer",
        "complainer",
        "lawyer",
        "departed",
        "misaddressed",
    ]
    assert 0.45 <= silent <= 0.55
    assert 0.07 <= sum(shares[name] for name in [*gone, "misaddressed"]) <= 0.11
