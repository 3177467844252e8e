"""What an answer that is no success means for us: who may try again, who must stop, what concerns one record only.

Invariant: `CrmUnavailable` is raised only when Salesforce certainly did nothing; when that is not known, it is
`Ambiguous`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import requests

from closeloop.domain.api_budget import Budget
from closeloop.domain.errors import CloseloopError, CrmRefused, CrmUnavailable

SERVER_ERRORS = frozenset({500, 502, 503, 504})
BUSY = frozenset({406, 420, 429})
LOCKS = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"})
"""Codes after which the same request may succeed a moment later; nothing was done."""
LIMIT_CODE = "REQUEST_LIMIT_EXCEEDED"
STALE_CURSOR = "INVALID_QUERY_LOCATOR"
SIX_HOURS = timedelta(hours=6)
"""The five attempts of an action, six hours apart, outlast the rolling day of the limit."""
NOT_JSON = "no JSON answer"


class Ambiguous(CloseloopError):
    """The request left and no answer says what became of it."""


class DailyLimit(CrmRefused):
    """The org's API calls of the last 24 hours are used up. Asking again at once is of no use."""

    retry_after = SIX_HOURS


class StaleCursor(CrmRefused):
    """The rest of a query is gone; the query must be asked again."""


def failure(answer: requests.Response) -> CloseloopError:
    """The error of ours for an answer of 300 and more, save 401."""
    code, message = _said(answer)
    text = f"{code}: {message}"
    if is_daily_limit(text):
        return DailyLimit(limit_words(answer.headers.get("Sforce-Limit-Info")))
    if answer.status_code in BUSY or code in LOCKS or LIMIT_CODE in text:
        return CrmUnavailable(f"Salesforce is busy ({text})")
    if answer.status_code in SERVER_ERRORS:
        return Ambiguous(f"Salesforce answered {answer.status_code} ({text})")
    if code == STALE_CURSOR:
        return StaleCursor(f"the rest of the query is gone ({text})")
    return CrmRefused(f"Salesforce refused the call ({text})")


def is_daily_limit(text: str) -> bool:
    """Also the number of long calls at the same moment has a limit of this name; that one passes by itself."""
    return LIMIT_CODE in text and "Concurrent" not in text


def limit_words(info: str | None) -> str:
    """What a person needs to know about a spent limit, from the `Sforce-Limit-Info` header where there is one."""
    used = usage(info)
    count = f" ({used[0]:,} of {used[1]:,} calls)" if used else ""
    return (
        f"the org's API limit is used up{count}: REQUEST_LIMIT_EXCEEDED. It counts a rolling 24 hours, so calls "
        "free up all along as those of this time yesterday fall out, and all of them within 24 hours. We try "
        "again in 6 hours; Setup, System Overview shows who uses them"
    )


class ShareSpent(CrmRefused):
    """Our share of the org's calls is used up; the call was not made."""


def share_spent(budget: Budget) -> ShareSpent:
    """Says how much that is, when it ends, and what a person may change."""
    ours = f"{budget.ours:,} of {budget.whole:,}, which is {budget.share:g} % of {budget.usage.allowed:,}"
    # Before the org answered, what everybody used is not known.
    together = f"; everybody together: {budget.usage.used:,}" if budget.usage.used else ""
    return ShareSpent(
        f"our share of the org's API calls is used up ({ours}{together}). Calls "
        "free up as those of this time yesterday fall out of the rolling 24 hours; CLOSELOOP_SALESFORCE_SHARE sets "
        "the share"
    )


def usage(info: str | None) -> tuple[int, int] | None:
    """(calls used, calls allowed) of `api-usage=18/100000; …`."""
    first = (info or "").partition(";")[0].strip().removeprefix("api-usage=")
    used, _, most = first.partition("/")
    return (int(used), int(most)) if used.isdecimal() and most.isdecimal() else None


def connection_error(problem: requests.ConnectionError) -> CloseloopError:
    """Only a connection that was never made is sure to have changed nothing."""
    if isinstance(problem, requests.ConnectTimeout) or "NewConnectionError" in repr(problem):
        return CrmUnavailable("Salesforce cannot be reached: the connection was refused or not made in time")
    return Ambiguous("the connection to Salesforce broke")


def _said(answer: requests.Response) -> tuple[str, str]:
    """Code and message of `[{"errorCode", "message"}]`; the status for anything else."""
    try:
        content: Any = answer.json()
    except ValueError:
        return str(answer.status_code), NOT_JSON
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return str(answer.status_code), NOT_JSON
    code = first.get("errorCode") or first.get("error") or answer.status_code
    message = first.get("message") or first.get("error_description") or ""
    return str(code), " ".join(str(message).split())
