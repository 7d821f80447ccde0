"""The Ask page: examples, the thread, and the agent's steps as the worker writes them."""

from __future__ import annotations

from functools import partial
from typing import Literal, NamedTuple

import streamlit as st

from agent.conversation.amending import BY_HAND, Amendment
from control.people import Person
from control.runs import Run
from core.artifacts import AskResult
from core.errors import Code, PilothouseError, Refusal
from core.lifecycle import State
from core.same_person import same_person
from ui.console.cards.answer import answer_card
from ui.console.cards.parts import refusal_card
from ui.console.chips import Ask, chips, is_draft, readings
from ui.console.desk import Desk, desk
from ui.console.presence import leave_if_changed
from ui.console.sidebar import open_run
from ui.console.view.state import run_badge
from ui.console.view.steps import Line, is_active, lines, now_doing, summary
from ui.console.view.text import ago, plain
from ui.examples import DEMO, Examples, examples_of

LONGEST_PROMPT = 2_000
TAIL_SECONDS = 0.5
RULES = ("eligibility_rule", "decision_policy")
WITH_APPROVERS = (State.IN_REVIEW, State.APPROVED, State.SCHEDULED)


class Example(NamedTuple):
    """A card of the empty page: a prompt that works on the data as it stands."""

    title: str
    icon: str
    prompt: str
    gives: str


_CARDS = (
    ("Set priorities", "low_priority", "Order, suppressions, stop conditions, edge cases"),
    ("Build an audience", "group_add", "Audience size, who is in and out, SQL"),
    ("Find out why", "troubleshoot", "Funnels, exposure, ranked causes, next checks"),
)


def cards(prompts: Examples) -> tuple[Example, ...]:
    """A card for each kind of prompt that the catalog can answer."""
    return tuple(
        Example(title, icon, prompt, gives)
        for (title, icon, gives), prompt in zip(_CARDS, prompts, strict=True)
        if prompt is not None
    )


EXAMPLES = cards(DEMO)


def show() -> None:
    """Draw the page."""
    office, person = desk(), st.session_state["person"]
    with st.container(key="ask_page"):
        run = _run_in_the_address(office, person)
        if run:
            _thread(office, person, run)
        else:
            _empty(office, person)
    prompt = st.chat_input(_invitation(run), key="prompt", max_chars=LONGEST_PROMPT)
    if prompt:
        _ask(office, person, prompt, run.thread_id if run else None)


def _invitation(run: Run | None) -> str:
    """What the box asks for: in a conversation with a draft, how to change it."""
    if run is None or run.result is None or not is_draft(AskResult.model_validate(run.result)):
        return "Ask for a rule, a number or a diagnosis"
    return "Change the draft, such as 'only iOS' or 'make it 5', or ask for something else"


def _run_in_the_address(office: Desk, person: Person) -> Run | None:
    run_id = st.query_params.get("run")
    if run_id is None:
        return None
    run = office.run(run_id)
    if run is None or not same_person(run.person, person.email):
        st.warning(f"There is no run {plain(run_id)} of yours here.", icon=":material/search_off:")
        return None
    return run


def _ask(office: Desk, person: Person, prompt: str, thread_id: str | None) -> None:
    try:
        run_id = office.start(prompt.strip()[:LONGEST_PROMPT], person, thread_id)
    except PilothouseError as error:
        refusal_card(error.refusal)
        return
    st.query_params["run"] = run_id
    st.rerun()


def _empty(office: Desk, person: Person) -> None:
    st.title("What should happen next for your users?", anchor=False)
    st.markdown(
        "Ask in your own words. You get a rule, a number or a diagnosis with the SQL, "
        "the numbers and the reasons. **Nothing goes live without an approver.**"
    )
    st.space("small")
    examples = cards(examples_of(office.catalog))
    columns = st.columns(len(_CARDS))
    for index, (column, example) in enumerate(zip(columns, examples, strict=False), start=1):
        with column.container(border=True, height="stretch", key=f"example_{index}"):
            st.header(example.title, anchor=False, icon=f":material/{example.icon}:")
            st.markdown(example.prompt)
            st.space("stretch")
            st.caption(example.gives)
            if st.button("Try this", key=f"try_{index}", width="stretch"):
                _ask(office, person, example.prompt, None)
    _pick_up(office, person)


def _pick_up(office: Desk, person: Person) -> None:
    recent = office.recent(person.email, limit=4)
    if not recent:
        return
    st.space("small")
    st.header("Pick up where you left off", anchor=False)
    now = office.now()
    with st.container(key="inbox", gap="xxsmall"):
        for item in recent:
            name, state, when = st.columns([5, 1.6, 1.4], vertical_alignment="center")
            name.button(
                plain(item.title),
                key=f"pick_{item.run_id}",
                type="tertiary",
                wrap=False,
                on_click=open_run,
                args=(item.run_id, st.session_state["pages"]["ask"].url_path),
            )
            badge = run_badge(item.run, office.request_of(item.run))
            state.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")
            when.caption(ago(now, item.run.created_at))


def _thread(office: Desk, person: Person, run: Run) -> None:
    turns = office.thread(run.thread_id) or [run]
    newest = _newest_draft(office, turns)
    for turn in turns:
        with st.chat_message("user", avatar=":material/person:"):
            st.markdown(plain(turn.prompt))
        with st.chat_message("assistant", avatar=":material/explore:"):
            if is_active(turn):
                st.fragment(_tail, run_every=TAIL_SECONDS)(office, turn.id)
            else:
                last = turn.id == turns[-1].id
                _finished(office, person, turn, is_last=last, may_change=turn.id == newest)


def _newest_draft(office: Desk, turns: list[Run]) -> str | None:
    """The turn whose draft may be changed by hand: the newest, unless approvers have it."""
    for turn in reversed(turns):
        if (turn.result or {}).get("status") in ("answered", "awaiting_approval") and (
            (turn.result or {}).get("artifact") or {}
        ).get("kind") in RULES:
            request = office.request_of(turn)
            return None if request and request.state in WITH_APPROVERS else turn.id
    return None


def _asks(office: Desk, person: Person, run: Run) -> Ask:
    return lambda prompt: _ask(office, person, prompt, run.thread_id)


def _amend(office: Desk, person: Person, run: Run, amendment: Amendment) -> None:
    st.query_params["run"] = office.amend(run, amendment, person)


def _ended(office: Desk, person: Person, run: Run, why: Refusal, *, is_last: bool) -> None:
    """A run without an answer: why, and the way to ask the same again."""
    st.info(plain(why.message), icon=":material/stop_circle:")
    by_hand = run.prompt.startswith(BY_HAND)
    if (
        is_last
        and not by_hand
        and st.button("Ask again", key=f"again_{run.id}", icon=":material/refresh:")
    ):
        _ask(office, person, run.prompt, run.thread_id)


def _tail(office: Desk, run_id: str) -> None:
    """What the worker has written so far; once it is done, the whole page is drawn again."""
    leave_if_changed(office)
    run = office.run(run_id)
    if run is None or not is_active(run):
        st.rerun()
    steps = office.steps(run_id)
    told = office.doing(run_id)
    _timeline(f":shimmer[{plain(told or now_doing(steps))}]", lines(steps), running=True)
    if st.button("Stop", key=f"stop_{run_id}", icon=":material/stop_circle:"):
        office.stop(run_id)


def _timeline(label: str, shown: tuple[Line, ...], *, running: bool) -> None:
    state: Literal["running", "complete"] = "running" if running else "complete"
    with st.status(label, type="compact", state=state, expanded=running):
        for line in shown:
            with st.status(plain(line.label), type="step", state="complete"):
                st.caption(f"{line.ms:,} ms")


def _finished(office: Desk, person: Person, run: Run, *, is_last: bool, may_change: bool) -> None:
    steps = office.steps(run.id)
    if steps:
        _timeline(summary(steps), lines(steps), running=False)
    if run.result is None:
        st.error("This run ended without an answer. Ask again.", icon=":material/error:")
        return
    result = AskResult.model_validate(run.result)
    if [one.code for one in result.refusals] == [Code.RUN_ENDED]:
        _ended(office, person, run, result.refusals[0], is_last=is_last)
        return
    amend = partial(_amend, office, person, run) if may_change else None
    answer_card(office, person, run, result, amend)
    if is_last and amend and is_draft(result):
        readings(run.id, result, office.catalog, _asks(office, person, run), amend)
    if is_last:
        chips(run.id, result, _asks(office, person, run))
    st.html(
        '<div role="status" aria-live="polite" style="position:absolute;left:-9999px">'
        "Answer ready.</div>"
    )
