"""What the tests hold the options of a mail send request to: their rules, and what they add to the mail."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.sendgrid.additions import as_received
from sandbox.sendgrid.known import Known
from sandbox.sendgrid.rendering import render
from sandbox.sendgrid.validation import issues_of
from tests.sandbox.served import mail_to

NOW = 1767600000
KNOWN = Known(frozenset({5}), frozenset({"batch"}))
MAIL, TRACKING = "mail_settings", "tracking_settings"


def rendered(**more: Any) -> Any:
    payload = mail_to("ann@one.example", **more)
    assert issues_of(payload, NOW, KNOWN) == []
    return render(payload, "x" * 22)[0].content


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"asm": {"group_id": 6}}, "asm.group_id", "You provided 6."),
        ({"asm": {"group_id": True}}, "asm.group_id", "You provided True."),
        ({"asm": {"group_id": 5, "groups_to_display": ["5"]}}, "asm.groups_to_display", "array of integers"),
        ({"asm": {"group_id": 5, "groups_to_display": list(range(26))}}, "asm.groups_to_display", "26 groups"),
        ({"batch_id": "other"}, "batch_id", "valid batch ID"),
        ({"ip_pool_name": "x"}, "ip_pool_name", "2 to 64"),
        ({"ip_pool_name": "marketing"}, "ip_pool_name", "pool on your account"),
        ({"sections": {"a": 1}}, "sections", "all strings"),
        ({MAIL: {"footer": {"enable": 1}}}, "mail_settings.footer.enable", "should be a boolean"),
        ({MAIL: {"footer": {"text": 1}}}, "mail_settings.footer.text", "should be a string"),
        ({MAIL: {"spam_check": {"threshold": 11}}}, "mail_settings.spam_check.threshold", "from 1 to 10"),
        (
            {MAIL: {"bypass_list_management": {"enable": True}, "bypass_spam_management": {"enable": True}}},
            "mail_settings.bypass_spam_management",
            "cannot be combined",
        ),
        (
            {TRACKING: {"click_tracking": {"enable_text": "no"}}},
            "tracking_settings.click_tracking.enable_text",
            "The click tracking enable text param should be a boolean value.",
        ),
        ({TRACKING: {"ganalytics": {"utm_source": 5}}}, "tracking_settings.ganalytics.utm_source", "string"),
    ],
)
def test_a_broken_option_is_named_with_its_field(given: dict[str, Any], field: str, words: str) -> None:
    found = issues_of(mail_to("ann@one.example", **given), NOW, KNOWN)
    assert [(issue.field, words in issue.message) for issue in found] == [(field, True)]


def test_options_that_exist_are_kept_with_the_mail() -> None:
    bypass = {"bypass_spam_management": {"enable": True}, "bypass_bounce_management": {"enable": False}}
    content = rendered(asm={"group_id": 5}, batch_id="batch", mail_settings=bypass)
    assert (content.asm_group_id, content.batch_id, content.bypass) == (5, "batch", ["bypass_spam_management"])


def test_a_footer_comes_after_the_words() -> None:
    footer = {"enable": True, "text": "\n-- Fjordlager AS", "html": "<footer>Fjordlager AS</footer>"}
    content = rendered(mail_settings={"footer": footer})
    assert content.text.endswith("/idea\n-- Fjordlager AS")
    assert content.html.endswith("</p><footer>Fjordlager AS</footer>")


def test_subscription_tracking_adds_both_headers_and_a_link_to_each_form() -> None:
    content = rendered(tracking_settings={"subscription_tracking": {"enable": True, "html": "<p><% leave %></p>"}})
    assert content.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = content.headers["List-Unsubscribe"].strip("<>")
    assert content.html.endswith(f'<p><a href="{url}">leave</a></p>')
    assert content.text.endswith(url)


def test_an_own_tag_says_where_the_unsubscribe_link_goes_and_own_headers_win() -> None:
    settings = {"subscription_tracking": {"enable": True, "substitution_tag": "[leave]"}}
    own = {"List-Unsubscribe": "<https://seller.example/u>"}
    text = [{"type": "text/plain", "value": "Stop: [leave]."}]
    content = rendered(tracking_settings=settings, headers=own, content=text)
    assert content.text.startswith("Stop: https://u.sendgrid-sandbox.example/wf/unsubscribe?upn=")
    assert content.headers["List-Unsubscribe"] == "<https://seller.example/u>"


def test_the_mail_as_received_has_rewritten_links_and_the_pixel_at_its_end() -> None:
    html = '<body><a href="https://a.example/1">1</a><a clicktracking=off href="https://a.example/2">2</a></body>'
    received = as_received(rendered(content=[{"type": "text/html", "value": html}]))
    assert "https://a.example/1" not in received
    assert 'clicktracking=off href="https://a.example/2"' in received
    assert received.index("/wf/open?upn=") < received.index("</body>")
    off = {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}}
    untouched = rendered(content=[{"type": "text/html", "value": html}], tracking_settings=off)
    assert as_received(untouched) == html
