"""`LanguageModel`: one model behind pydantic-ai (the optional extra `[ai]`), with its price and a time limit.

Invariants: a model has no tools and keeps no conversation; whatever it does, a caller gets an answer of the asked
kind or the name of the trouble, within the time limit; each call says what it used up.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from closeloop.application.wording_port import Usage
from closeloop.domain.errors import UsageError

SECONDS = 20.0
"""One call."""
SECONDS_IN_ALL = 120.0
"""All calls of a batch."""
AT_ONCE = 8
TRIES = 2
"""An answer of the wrong shape is asked for once more."""
_MILLION = Decimal(1_000_000)
_LOG = logging.getLogger(__name__)
Output = TypeVar("Output", bound=BaseModel)


class Prices(BaseModel):
    """US dollars for a million tokens."""

    tokens_in: Decimal
    tokens_out: Decimal

    def of(self, tokens_in: int, tokens_out: int) -> Decimal:
        """What so many tokens cost, in US dollars."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / _MILLION


@dataclass(frozen=True, slots=True)
class Answered(Generic[Output]):
    """One call: what came back, or why nothing did, and what it used up."""

    output: Output | None
    usage: Usage
    trouble: str = ""


class LanguageModel(Generic[Output]):
    """Asks one model for one kind of answer. `model` is a pydantic-ai name such as `provider:model`, or one of its
    model objects; `setting` is the variable that named it, for errors."""

    def __init__(
        self,
        model: Any,
        output: type[Output],
        instructions: str,
        *,
        setting: str,
        tokens_out: int,
        prices: str | None = None,
    ) -> None:
        """Raises `UsageError` when the extra is not installed, or model or price are not known."""
        library = _library(setting)
        self.name = str(getattr(model, "model_name", model))
        self._instructions, self._tokens_out = instructions, tokens_out
        try:
            self._agent = library.Agent(
                model,
                output_type=output,
                instructions=instructions,
                model_settings={"temperature": 0.0, "timeout": SECONDS, "max_tokens": tokens_out},
                retries=TRIES - 1,
            )
        except Exception as problem:
            raise UsageError(
                f"{setting}: {model!s} cannot be used ({problem}). Name a model as provider:model, "
                "or leave the setting empty to work without one"
            ) from problem
        self._prices = _given(prices) or _listed(self.name, setting)

    def most(self, prompt: str) -> Decimal:
        """What a call can cost: a token has a byte or more, and an answer of the wrong shape is sent back."""
        sent = len(prompt.encode()) + len(self._instructions.encode()) + 2_000
        return TRIES * self._prices.of(sent + self._tokens_out, self._tokens_out)

    def ask(self, prompts: Sequence[str]) -> list[Answered[Output]]:
        """One answer for each prompt, in order. Never raises."""
        future = asyncio.run_coroutine_threadsafe(self._ask_all(prompts), self._loop)
        return future.result()

    async def _ask_all(self, prompts: Sequence[str]) -> list[Answered[Output]]:
        room = asyncio.Semaphore(AT_ONCE)
        deadline = asyncio.get_running_loop().time() + SECONDS_IN_ALL
        return list(await asyncio.gather(*(self._ask(prompt, room, deadline) for prompt in prompts)))

    async def _ask(self, prompt: str, room: asyncio.Semaphore, deadline: float) -> Answered[Output]:
        async with room:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return Answered(None, Usage(), "the model took too long")
            try:
                done = await asyncio.wait_for(self._agent.run(prompt), min(left, SECONDS * TRIES))
            except Exception as problem:  # noqa: BLE001 - networks and models fail in many ways; work goes on without
                _LOG.warning("no answer from %s: %s", self.name, type(problem).__name__)
                lost = Usage(calls=1, cost=self.most(prompt))  # it may have been counted at the provider's
                return Answered(None, lost, f"the model gave no usable answer ({type(problem).__name__})")
        used = done.usage
        cost = self._prices.of(used.input_tokens, used.output_tokens)
        usage = Usage(calls=used.requests, tokens=used.input_tokens + used.output_tokens, cost=cost)
        return Answered(done.output, usage)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """A loop of its own: the library's connections live in it, whichever thread asks."""
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="language-model", daemon=True).start()
        return loop


def _library(setting: str) -> Any:
    try:
        return importlib.import_module("pydantic_ai")
    except ImportError:
        raise UsageError(
            f"{setting} is set, but the extra for it is not installed: run `pip install 'closeloop[ai]'`, "
            "or leave the setting empty to work without a model"
        ) from None


def _given(prices: str | None) -> Prices | None:
    if prices is None:
        return None
    tokens_in, tokens_out = prices.split()
    return Prices(tokens_in=Decimal(tokens_in), tokens_out=Decimal(tokens_out))


def _listed(model: str, setting: str) -> Prices:
    """From the price list that comes with the library; nothing is fetched."""
    provider, _, name = model.rpartition(":")
    try:
        library = importlib.import_module("genai_prices")
        usage = library.Usage
        one_in, one_out = (
            library.calc_price(
                usage(**{kind: 1_000_000}),
                name,
                provider_id=provider or None,
                genai_request_timestamp=datetime(2026, 1, 1, tzinfo=UTC),
            ).total_price
            for kind in ("input_tokens", "output_tokens")
        )
    except Exception as problem:
        raise UsageError(
            f"{setting}: nobody here knows what {model} costs, so its budget could not be kept. Set "
            "CLOSELOOP_AI_PRICES to US dollars for a million tokens in and out, such as 0.25 2"
        ) from problem
    return Prices(tokens_in=one_in, tokens_out=one_out)
