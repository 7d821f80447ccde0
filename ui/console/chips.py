"""Chips below an answer: what a person may say next, asked at one click."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from agent.conversation.amending import Amendment
from agent.conversation.readings import other_readings
from core.artifacts import AskResult, Choice
from core.errors import PilothouseError
from core.rules import DecisionPolicy, EligibilityRule
from ui.console.cards.parts import refusal_card
from ui.console.view.text import number, plain
from warehouse.catalog import Catalog

Ask = Callable[[str], None]
"""Asks a prompt in the same conversation."""
Amend = Callable[[Amendment], None]
"""Asks for conditions that were set by hand; raises a refusal."""

_OF_A_RULE = ("Why so few?", "Undo")


def chips(run_id: str, result: AskResult, ask: Ask) -> None:
    """The choices of a question, else what is often said of a draft."""
    if result.choices:
        with st.container(key=f"choices_{run_id}", gap="xsmall"):
            for place, choice in enumerate(result.choices, 1):
                _chip(f"choice_{place}_{run_id}", choice_label(choice), choice.prompt, ask)
        if any(choice.audience_size is None for choice in result.choices):
            st.caption("Where no number stands, it could not be counted before you pick it.")
    elif is_draft(result):
        with st.container(key=f"next_{run_id}", horizontal=True, gap="xsmall"):
            for place, said in enumerate(_OF_A_RULE, 1):
                _chip(f"next_{place}_{run_id}", said, said, ask)


def readings(run_id: str, result: AskResult, catalog: Catalog, ask: Ask, amend: Amend) -> None:
    """The likely other readings of what a draft takes for granted; nothing where there are none."""
    rule = result.artifact
    if not isinstance(rule, EligibilityRule | DecisionPolicy):
        return
    found = other_readings(rule, result.assumptions, catalog)
    if not found:
        return
    st.caption("Some of it was assumed. Did you mean:")
    with st.container(key=f"readings_{run_id}", horizontal=True, gap="xsmall"):
        for place, one in enumerate(found, 1):
            label = one.label[:1].upper() + one.label[1:]
            if st.button(plain(label), key=f"reading_{place}_{run_id}"):
                if isinstance(one.asks, str):
                    ask(one.asks)
                else:
                    _amend(one.asks, amend)


def _amend(asked: Amendment, amend: Amend) -> None:
    try:
        amend(asked)
    except PilothouseError as error:
        refusal_card(error.refusal)
        return
    st.rerun()


def is_draft(result: AskResult) -> bool:
    """Whether follow-ups can change what was answered."""
    is_rule = isinstance(result.artifact, EligibilityRule | DecisionPolicy)
    return is_rule and result.change_request is None


def choice_label(choice: Choice) -> str:
    """What a chip says: the answer, and how many users that would be."""
    size = "" if choice.audience_size is None else f" · {number(choice.audience_size)} users"
    return plain(choice.label) + size


def _chip(key: str, label: str, prompt: str, ask: Ask) -> None:
    if st.button(label, key=key, help=plain(prompt) if prompt != label else None):
        ask(prompt)
