"""When and how much may be sent, as the playbook writes it: windows, mailboxes, absences, colleagues.

Invariant: every window opens again within two weeks, and whoever is named as somebody's deputy has a mailbox.
"""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from closeloop.domain.record import Record, Share
from closeloop.domain.texts import Text
from closeloop.domain.time_zones import is_zone


class Weekday(StrEnum):
    """As the playbook writes it, from Monday on."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEKDAYS = tuple(Weekday)
HOUR_PATTERN = r"^([01]?\d|2[0-3]):[0-5]\d$|^24:00$"
MIDNIGHT = time.max
"""The end of the day, written 24:00."""


def _hour(given: Any) -> Any:
    """`08:30`, and `24:00` for the end of the day."""
    if not isinstance(given, str):
        if isinstance(given, time):
            return given
        raise ValueError('write an hour in quotes, such as "08:30"')
    if given == "24:00":
        return MIDNIGHT
    hours, _, minutes = given.partition(":")
    if not (
        hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60
    ):
        raise ValueError(f'{given!r} is no hour: write "08:30", or "24:00" for the end of the day')
    return time(int(hours), int(minutes))


def _spoken(given: time) -> str:
    return "24:00" if given == MIDNIGHT else f"{given:%H:%M}"


Hour = Annotated[
    time,
    BeforeValidator(
        _hour, json_schema_input_type=Annotated[str, Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$|^24:00$")]
    ),
    PlainSerializer(_spoken, return_type=str),
]


class Window(Record):
    """Days and hours on the prospect's own clock."""

    days: Literal["business"] | tuple[Weekday, ...] = "business"
    """`business`: the working days of the prospect's country; else the days named."""
    holidays: bool = False
    """Also on public holidays; only for named days."""
    opens: Hour = time(8)
    closes: Hour = time(18)

    @model_validator(mode="after")
    def _is_open_at_all(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError(
                f"a window opens before it closes, not at {self.opens:%H:%M} until {self.closes:%H:%M}"
            )
        if not self.days:
            raise ValueError("a window needs at least one day")
        if self.holidays and self.days == "business":
            raise ValueError("business days are never holidays: name the days, or leave `holidays` out")
        return self

    @property
    def in_words(self) -> str:
        return f"{_spoken(self.opens)}-{_spoken(self.closes)}"


ALWAYS = Window(days=WEEKDAYS, holidays=True, opens=time(0), closes=MIDNIGHT)


class WarmUp(Record):
    """A young mailbox starts small and grows day by day until its cap."""

    starts_on: date
    first_day: Annotated[int, Field(ge=1)]
    growth: Annotated[float, Field(gt=1, le=3)] = 1.2
    """Tomorrow's mails for one of today's."""


class Mailbox(Record):
    """An address that sends, whom it writes for, and how much it may send a day."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str
    role: Text | None = None
    """How the writer signs; as `sender.role` when left out."""
    particle: Literal["ครับ", "ค่ะ"] | None = None
    """How the writer ends a Thai sentence; see `sender.particle`."""
    owners: tuple[str, ...] = ()
    """CRM owners whose prospects it writes to, by id or name; without any it serves those nobody else does."""
    daily_cap: Annotated[int, Field(ge=1)] | None = None
    """Mails a day on the clock of `sending.time_zone`; answers do not count."""
    warm_up: WarmUp | None = None
    seconds_between: Annotated[int, Field(ge=0, le=3600)] = 0
    """Between two mails, on average."""
    jitter: Share = 0.3
    """How far a single pause may be from that average, as a share of it."""

    @model_validator(mode="after")
    def _warms_up_to_something(self) -> Self:
        if self.warm_up is not None and self.daily_cap is None:
            raise ValueError(f"{self.email}: a warm-up grows up to a daily_cap, which is missing")
        return self

    def cap_on(self, day: date) -> int | None:
        """The most mails of that day; 0 before a warm-up starts, None without a limit."""
        if self.daily_cap is None or self.warm_up is None:
            return self.daily_cap
        age = (day - self.warm_up.starts_on).days
        if age < 0:
            return 0
        volume = float(self.warm_up.first_day)
        for _ in range(age):
            if volume >= self.daily_cap:
                break
            volume *= self.warm_up.growth
        return min(self.daily_cap, int(volume))

    @property
    def is_limited(self) -> bool:
        return self.daily_cap is not None or self.seconds_between > 0


class Absence(Record):
    """A seller who is away: their mails wait, or a deputy writes."""

    owner: str
    """CRM owner by id or name, or the address of a mailbox."""
    first_day: date
    last_day: date
    deputy: str | None = None
    """Address of the mailbox that writes meanwhile; none: the mails wait."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"the absence of {self.owner} ends before it begins")
        return self


class AccountRule(Record):
    """Several people of one company: how many hear from us at once, and how far apart we begin."""

    people_at_once: Annotated[int, Field(ge=1)] = 2
    days_between: Annotated[int, Field(ge=0, le=365)] = 2
    """Business days between the first mails to two of them."""


class ChannelPreference(StrEnum):
    """What becomes of steps in another channel than the one a prospect prefers."""

    REPLACE = "replace"
    SKIP = "skip"
    IGNORE = "ignore"


class Sending(Record):
    """The section `sending` of the playbook."""

    time_zone: str = "UTC"
    """Of the mailboxes' days, and of prospects whose own zone nobody knows."""
    window: Window = Window()
    by_country: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], Window] = {}
    """Other windows for some countries, by alpha-2 code."""
    answers: Window = Window(opens=time(7), closes=time(20))
    """For answers to what a person wrote: at once within these hours, and without a cap."""
    missed_window: Literal["next_pass", "wait"] = "next_pass"
    """A mail whose whole window went by without a pass leaves at the next pass of a working day, or waits on."""
    mailboxes: tuple[Mailbox, ...] = ()
    """None: everything leaves from `sender.email`, without a cap."""
    absences: tuple[Absence, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not is_zone(self.time_zone):
            raise ValueError(f"there is no time zone {self.time_zone!r}; write a name such as Europe/London")
        emails = [box.email for box in self.mailboxes]
        if len(set(emails)) < len(emails):
            raise ValueError("two mailboxes have the same address")
        owners = [owner for box in self.mailboxes for owner in box.owners]
        if twice := sorted({owner for owner in owners if owners.count(owner) > 1}):
            raise ValueError(f"two mailboxes write for {', '.join(twice)}: an owner has one")
        for away in self.absences:
            if away.deputy is not None and away.deputy not in emails:
                raise ValueError(f"the deputy {away.deputy} of {away.owner} has no mailbox under sending.mailboxes")
        return self

    def outside(self, sender: str) -> str | None:
        """The first mailbox at another domain than this address."""
        domain = sender.rpartition("@")[2].casefold()
        return next((b.email for b in self.mailboxes if b.email.rpartition("@")[2].casefold() != domain), None)

    def window_for(self, country: str | None, *, answer: bool) -> Window:
        """The window of a mail: answers have their own."""
        return self.answers if answer else self.by_country.get(country or "", self.window)
