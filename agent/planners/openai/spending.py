"""What calls of a model cost: entered before and after each, in tokens and dollars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent.planners.openai.answers import Completion
from agent.planners.openai.failures import ModelFailed, host_of, over_budget
from control import model_calls
from control.model_calls import Cost
from control.store import Store
from core.settings import ModelPrice, ModelSettings

MILLION = 1_000_000


@dataclass(frozen=True)
class Ledger:
    """Where calls are entered, and the clock that says on which day."""

    store: Store
    clock: Callable[[], datetime]


@dataclass
class Spent:
    """What one plan cost so far."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False

    def add(self, completion: Completion) -> None:
        """Add what one call cost."""
        self.prompt_tokens += completion.prompt_tokens
        self.completion_tokens += completion.completion_tokens
        self.estimated = self.estimated or completion.estimated


def usd(prompt_tokens: int, completion_tokens: int, price: ModelPrice) -> float:
    """What tokens cost, in US dollars."""
    return (prompt_tokens * price.prompt + completion_tokens * price.completion) / MILLION


@dataclass(frozen=True)
class Purse:
    """The budget of a workspace's model. Without a ledger nothing is counted or held back."""

    settings: ModelSettings
    ledger: Ledger | None

    def reserve(self, thread: str, prompt_tokens: int, completion_tokens: int) -> int | None:
        """Enter a call before it is made. Raises ModelFailed when it could go beyond a budget."""
        if self.ledger is None:
            return None
        # A count by length may be a quarter of the true one in other scripts; the next call
        # then starts from what this one did cost.
        most = Cost(
            tokens=prompt_tokens + completion_tokens,
            usd=usd(prompt_tokens, completion_tokens, self.settings.price),
        )
        try:
            return model_calls.reserve(
                self.ledger.store,
                self.settings.budget,
                thread=thread,
                model=self.settings.name,
                most=most,
                now=self.ledger.clock(),
            )
        except model_calls.Exceeded as exceeded:
            host = host_of(self.settings)
            raise ModelFailed(over_budget(host, exceeded.what, exceeded.spent)) from exceeded

    def settle(self, call: int | None, completion: Completion | None) -> None:
        """Enter what a call did cost; None: it was never answered."""
        if self.ledger is None or call is None:
            return
        done = completion or Completion()
        tokens = done.prompt_tokens + done.completion_tokens
        price = usd(done.prompt_tokens, done.completion_tokens, self.settings.price)
        model_calls.settle(self.ledger.store, call, Cost(tokens=tokens, usd=price))
