"""What a proposed rule would have done in the last 28 days, worked out when somebody asks."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from control.requests import ChangeRequest
from control.versions import Rule
from core.errors import PilothouseError
from core.proposal import actions_of
from orchestrate.rehearsal.backtest import Backtest
from ui.console.cards.parts import bullets, draw, figure, heading, refusal_card
from ui.console.desk import Desk
from ui.console.presence import leave_if_changed
from ui.console.replays import DAYS, Job, Replays
from ui.console.view import replay as words
from ui.console.view.text import number, plain

LOOK_SECONDS = 1.0


def replay_card(office: Desk, request: ChangeRequest, rule: Rule) -> None:
    """Volume, cap breaches and expected lift; nothing for what sends nothing."""
    if not actions_of(rule):
        return
    replays = Replays(office, request, rule)
    with st.container(border=True):
        heading(f"Had it been live for the last {DAYS} days")
        job = replays.job()
        if job is None:
            st.markdown("Decides each day anew with what was known on that day; nothing is sent.")
            _button("Replay them", f"replay_{request.id}", "history", replays.start)
        elif not job.future.done():
            _while_it_runs(office, replays, request.id)
        else:
            _over(replays, job, request.id)


def _button(label: str, key: str, icon: str, deed: Callable[[], None]) -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=deed)


@st.fragment(run_every=LOOK_SECONDS)
def _while_it_runs(office: Desk, replays: Replays, request_id: str) -> None:
    leave_if_changed(office)
    job = replays.job()
    if job is None or job.future.done():
        st.rerun()
    st.progress(job.done / job.days, text=f"Day {job.done + 1} of {job.days}")
    if st.button("Stop", key=f"stop_replay_{request_id}", icon=":material/stop:"):
        replays.forget()
        st.rerun()


def _over(replays: Replays, job: Job, request_id: str) -> None:
    try:
        found = job.future.result()
    except PilothouseError as error:
        refusal_card(error.refusal)
        _button("Try again", f"replay_again_{request_id}", "refresh", replays.forget)
        return
    _told(found)


def _told(found: Backtest) -> None:
    reached, messages, caps = st.columns(3)
    top, many = words.most(found)
    figure(reached, "People reached", number(found.reached), f"of {number(found.users)}")
    when = f"most on {top.day} {top:%b}: {number(many)}"
    figure(messages, "Messages", number(found.messages), when)
    figure(caps, "Stopped by caps", number(found.cap_breaches_avoided), "breaches avoided")
    bullets((words.replay_sentence(found), words.caps_sentence(found)))
    draw(words.replay_chart(found))
    st.markdown("**What to expect**")
    rows = [*words.lift_rows(found)]
    st.table(
        {
            "Message": [plain(row[0]) for row in rows],
            "People": [row[1] for row in rows],
            "Expected": [f"**{plain(row[2])}**" for row in rows],
            "Where that comes from": [plain(row[3]) for row in rows],
        },
        border="horizontal",
        hide_index=True,
        alt="How many more people would have reached the goal of each message",
    )
    with st.expander("How it was worked out", icon=":material/info:"):
        bullets(plain(one) for one in found.notes)
