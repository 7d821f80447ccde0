"""The worker that runs the agent away from the pages, as the console knows it."""

from __future__ import annotations

from typing import Protocol

from agent.conversation.amending import Amendment
from core.artifacts import AskResult
from core.effects import Effect
from core.rules import DecisionPolicy, EligibilityRule


class RunWorker(Protocol):
    """What the console needs of the worker that runs the agent."""

    def start(
        self, prompt: str, person_email: str, thread_id: str | None = None, submit: bool = False
    ) -> str: ...
    def amend(self, thread_id: str, amendment: Amendment, person_email: str) -> str: ...
    def effect(self, rule: EligibilityRule | DecisionPolicy) -> Effect: ...
    def stop(self, run_id: str) -> None: ...
    def doing(self, run_id: str) -> str | None: ...
    def send_for_approval(self, run_id: str, person: str) -> AskResult: ...
