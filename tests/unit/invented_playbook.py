"""A playbook with round numbers for the tests of the report; nothing in it depends on the shipped one."""

from __future__ import annotations

from typing import Any

from closeloop.domain.playbook import MINIMUM_FOLLOW_UPS, Playbook
from closeloop.domain.signals import Label
from closeloop.domain.stage import Stage

WEIGHTS = (10, 10, 15, 20, 10, 25, 10)
USUAL_DAYS = (2, 3, 14, 14, 21, 14, 30)
CRITERION = {"fact": "employees", "range": {"at_least": 100}, "question": "How many are you?"}
FRAMEWORKS = {
    "icp": ("size",),
    "bant": ("budget", "authority", "need", "timeline"),
    "gpct": ("goals", "plans", "challenges", "timeline"),
}
SENDER = {
    "company": "Ledgerline GmbH",
    "name": "Mina Sato",
    "role": "Account executive",
    "email": "mina@ledgerline.example",
    "reply_domain": "reply.ledgerline.example",
    "postal_address": "1 Example Street, Berlin",
    "website": "https://ledgerline.example",
}
PRODUCT = {
    "name": "Closing Desk",
    "one_line": "Closes the books in three days",
    "currency": "EUR",
    "base_price": 5000,
    "price_per_employee": 3,
    "maximum_price": 200_000,
    "saving_per_employee": 20,
    "saving_source": "study",
    "pains": [{"id": "slow", "says": "x", "evidence": {**CRITERION, "name": "size", "weight": 1}}],
    "benefits": [{"feature": "f", "so_what": "s", "answers": ["slow"], "proof": "p", "proof_source": "ps"}],
}
WHEN = {**CRITERION, "name": "n", "weight": 1}
APPROACHES = [
    {"kind": "premium", "sequence": "a", "offer": "a gift", "when": WHEN},
    {"kind": "product", "sequence": "a", "offer": "a trial", "when": WHEN},
    {"kind": "question", "sequence": "a", "offer": "a question"},
]
STEP = {"channel": "email", "template": "approach_question", "wait_days": 0}
ANSWER = {"answer": "An answer", "evidence": "A study", "ask": "A short call?"}
CLOSING = {"alternatives": ["one", "two"], "wait_days": 3, "maximum_asks": 4, "come_back_days": 90}
CADENCE = {"template": "follow_up_customer", "wait_days": [7, 30]}


def a_playbook() -> Playbook:
    return Playbook.model_validate(
        {
            "version": "2026.1",
            "sender": SENDER,
            "qualification": _qualification(),
            "product": PRODUCT,
            "approaches": APPROACHES,
            "sequences": {"a": [STEP]},
            "objections": _objections(),
            "closing": CLOSING,
            "follow_up": {"customer": CADENCE, "nurture": CADENCE, "win_back": CADENCE},
            "stages": {
                stage.value: {"weight": weight, "usual_days": days}
                for stage, weight, days in zip(Stage, WEIGHTS, USUAL_DAYS, strict=True)
            },
            "exchange_rates": {"EUR": "1.1"},
        }
    )


def _qualification() -> dict[str, Any]:
    """Every criterion of a framework weighs the same."""
    frameworks = {
        name: {"criteria": [{**CRITERION, "name": c, "weight": 100 / len(criteria)} for c in criteria]}
        for name, criteria in FRAMEWORKS.items()
    }
    limits = {"icp_weight": 50, "qualify_at": 60, "disqualify_below": 30, "nurture_days": 90}
    return {"framework": "bant", **frameworks, **limits}


def _objections() -> dict[str, Any]:
    return {
        "minimum_follow_ups": MINIMUM_FOLLOW_UPS,
        "wait_days": [3],
        "come_back_days": 90,
        "answers": [{"label": label.value, **ANSWER} for label in Label if label.is_objection],
    }
