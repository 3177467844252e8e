"""Counts API calls over a rolling day of the sandbox's clock.

Invariant: a call is counted once, when it is let in; a refused call costs nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce.errors import ApiError

_WINDOW = timedelta(hours=24)
_OTHERS = {
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DataStorageMB": 10_240,
    "FileStorageMB": 10_240,
    "SingleEmail": 5_000,
    "MassEmail": 5_000,
    "DailyAsyncApexExecutions": 250_000,
    "DailyStandardVolumePlatformEvents": 25_000,
    "DailyDeliveredPlatformEvents": 25_000,
    "HourlyPublishedPlatformEvents": 250_000,
    "DailyDurableStreamingApiEvents": 200_000,
    "ConcurrentAsyncGetReportInstances": 200,
}


class Limits:
    """The ledger of one org's API calls."""

    def __init__(self, most: int, now: Callable[[], datetime]) -> None:
        self.most = most
        self._now = now
        self._spent: deque[tuple[datetime, int]] = deque()
        self._used = 0
        self.by_caller: Counter[str] = Counter()

    @property
    def used(self) -> int:
        """Calls within the last 24 hours."""
        horizon = self._now() - _WINDOW
        while self._spent and self._spent[0][0] <= horizon:
            self._used -= self._spent.popleft()[1]
        return self._used

    def spend(self, calls: int, caller: str) -> None:
        """Counts calls for a user, or refuses them when the day's allocation is used up."""
        if calls and self.used + calls > self.most:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.by_caller[caller] += calls
        self._count(calls)

    def give_back(self, calls: int, caller: str) -> None:
        """Takes back calls that were counted just now."""
        self.by_caller[caller] -= calls
        self._count(-calls)

    def put(self, most: int | None, used: int | None) -> None:
        """Sets the allocation, and how much of it was used up just now; None leaves what there is."""
        self.most = self.most if most is None else most
        if used is not None:
            self._spent.clear()
            self._used = 0
            self._count(used)

    def _count(self, calls: int) -> None:
        moment = self._now()
        if self._spent and self._spent[-1][0] == moment:
            calls_before = self._spent.pop()[1]
            self._spent.append((moment, calls_before + calls))
        else:
            self._spent.append((moment, calls))
        self._used += calls

    def header(self) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used}/{self.most}"

    def report(self, spent: Mapping[str, int]) -> dict[str, Any]:
        """The body of the limits resource; `spent` says how much of the other allowances is used up."""
        left = {"Max": self.most, "Remaining": max(0, self.most - self.used)}
        return {"DailyApiRequests": left} | {
            name: {"Max": most, "Remaining": max(0, most - spent.get(name, 0))} for name, most in _OTHERS.items()
        }

    def ledger(self) -> dict[str, Any]:
        """What the control plane shows: the last 24 hours, when they free up, and all calls since the start."""
        used = self.used
        return {
            "daily": self.most,
            "used": used,
            "remaining": max(0, self.most - used),
            "frees_up_at": (self._spent[0][0] + _WINDOW).isoformat() if self._spent else None,
            "total": self.by_caller.total(),
            "by_caller": dict(self.by_caller),
        }

    def clear(self, most: int) -> None:
        """Starts over with this allocation."""
        self.most = most
        self._spent.clear()
        self._used = 0
        self.by_caller.clear()
