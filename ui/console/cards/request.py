"""A change request, in the order an approver needs it: people first, SQL last."""

from __future__ import annotations

import streamlit as st

from control.people import Person
from control.requests import ChangeRequest
from core.jumps import PopulationJump
from core.lifecycle import State
from core.rules import DecisionPolicy
from ui.console import rulebook
from ui.console.cards.checks import checks_card
from ui.console.cards.data_change import (
    data_difference,
    data_impact,
    data_readers,
    data_samples,
)
from ui.console.cards.difference import Sides, difference
from ui.console.cards.effect import effect_card, ground_card
from ui.console.cards.journey import journey_impact, journey_steps
from ui.console.cards.parts import badges, bullets, figure, heading
from ui.console.cards.people import people_card
from ui.console.cards.policy import who_gets_what
from ui.console.cards.rail import rail
from ui.console.cards.replay import replay_card
from ui.console.cards.rule import waterfall
from ui.console.cards.schedule import schedule_card
from ui.console.desk import Desk
from ui.console.telling import refused_or_done
from ui.console.view.deeds import deed_words
from ui.console.view.impact import Rule, needs_judgement, passed_count, sentences
from ui.console.view.jump import jump_lines
from ui.console.view.state import RISK, Badge, request_badge
from ui.console.view.text import ago, clock, moment, number, percent, phrase, plain, share_of


def request_card(office: Desk, person: Person, request: ChangeRequest) -> None:
    """The whole card with its decision rail."""
    _header(office, request)
    refused_or_done()
    schedule_card(request)
    evidence, side = st.columns([2.35, 1], gap="medium")
    with evidence:
        if request.changes_data:
            _data_evidence(office, person, request)
        elif jump := request.jump:
            _held(jump)
        elif journey := request.journey:
            journey_impact(request)
            journey_steps(journey, office.catalog)
            checks_card(office, person, request)
            _assumptions(request)
        else:
            _rule_evidence(office, person, request)
        _activity(office, request)
    with side, st.container(key="rail", border=True):
        rail(office, person, request)


def _held(jump: PopulationJump) -> None:
    with st.container(border=True):
        heading("What holds the cycle")
        bullets(plain(line) for line in jump_lines(jump))
        st.caption("Until somebody decides, nobody is decided on and nothing new is sent.")


def _rule_evidence(office: Desk, person: Person, request: ChangeRequest) -> None:
    rule, live = request.rule, office.live_rule(request)
    _impact(rule, request)
    _changes(office, request, rule, live)
    checks_card(office, person, request)
    if request.preview and request.preview.effect:
        effect_card(request.preview.effect, request.id)
    if request.preview:
        _reach(rule, request)
    people_card(office, rule, request.id)
    replay_card(office, request, rule)
    ground_card(request.dependencies)
    _assumptions(request)


def _data_evidence(office: Desk, person: Person, request: ChangeRequest) -> None:
    data_impact(request)
    data_readers(request)
    data_difference(request)
    checks_card(office, person, request)
    data_samples(request)


def _header(office: Desk, request: ChangeRequest) -> None:
    st.button(
        "All change requests",
        key="back",
        icon=":material/arrow_back:",
        on_click=st.query_params.clear,
    )
    st.title(plain(request.name), anchor=False)
    first = "built in" if request.changes_data else "new"
    base = f"v{request.base_version}" if request.base_version else first
    key = phrase(request.target_key) if request.changes_data else request.target_key
    target = (request.base_version or 0) + 1
    versions = Badge(f"{plain(key)} {base} → v{target}", "gray", "difference")
    badges(
        request_badge(request),
        Badge(request.id, "gray", "tag"),
        versions if request.jump is None else Badge("Cycle held", "orange", "pause_circle"),
        RISK[request.risk],
    )
    author = office.names().get(request.author, request.author)
    age = ago(office.now(), request.created_at)
    origin = "because" if request.has_reason else "from the prompt"
    st.caption(f"Proposed by {plain(author)}, {age}, {origin} “{plain(request.prompt)}”")
    if request.state is State.IN_REVIEW:
        st.caption(
            f"To be decided by {clock(request.review_by)} UTC; then it is for any "
            f"{plain(request.escalate_to)}."
        )


def _impact(rule: Rule, request: ChangeRequest) -> None:
    with st.container(border=True):
        heading("What changes for people")
        if request.preview:
            bullets(sentences(rule, request.preview, is_new=request.base_version is None))
        else:
            st.markdown("It was not run on the data, so its effect is not known.")


def _changes(office: Desk, request: ChangeRequest, rule: Rule, live: Rule | None) -> None:
    version = request.base_version
    title = f"Changes against live version {version}" if version else "What is new"
    with st.container(border=True):
        difference(
            office, Sides(live, rule), request.rule_diff, title=title, key=f"diff_{request.id}"
        )


def _reach(rule: Rule, request: ChangeRequest) -> None:
    preview = request.preview
    if preview is None:
        return
    with st.container(border=True):
        heading("Who it reaches")
        size, share, overlap = st.columns(3)
        figure(size, "Eligible now", number(preview.audience_size))
        figure(
            share,
            "Reachable today",
            number(preview.reachable_size),
            share_of(preview.reachable_size, preview.audience_size, "of the audience"),
        )
        most = max(preview.overlap, key=lambda one: one.users, default=None)
        figure(
            overlap,
            "Also in another live rule",
            number(most.users if most else 0),
            f"{percent(most.share)} of the audience" if most else "no live rule overlaps",
        )
        if isinstance(rule, DecisionPolicy) and preview.winners:
            who_gets_what(rule, preview)
        elif preview.waterfall:
            waterfall(preview)
        st.caption(f"Counted on the data as of {moment(preview.as_of)}.")


def _assumptions(request: ChangeRequest) -> None:
    if request.assumptions:
        with st.container(border=True):
            heading("Assumed, because the prompt did not say")
            bullets(plain(line) for line in request.assumptions)


def _activity(office: Desk, request: ChangeRequest) -> None:
    names = office.names()
    with st.container(border=True):
        heading("Activity")
        lines = _asked(office, request, names)
        asked = rulebook.asked(office, request.id)
        for entry in office.activity(request):
            lines.append(f":gray[{clock(entry.at)}] &nbsp; {deed_words(entry, names, asked)}")
        st.markdown("  \n".join(lines) or "Nothing yet.")


def _asked(office: Desk, request: ChangeRequest, names: dict[str, str]) -> list[str]:
    """Where it came from: the prompt, and the draft that the agent made of it."""
    run = office.run(request.thread_id) if request.thread_id else None
    if run is None:
        return []
    many = passed_count(request.findings) + len(needs_judgement(request.findings))
    who = plain(names.get(run.person, run.person))
    lines = [f":gray[{clock(run.created_at)}] &nbsp; {who} asked for it"]
    if run.finished_at:
        said = f"The agent drafted it and ran {many} checks"
        lines.append(f":gray[{clock(run.created_at)}] &nbsp; {said}")
    return lines
