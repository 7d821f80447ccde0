"""What staging came to: counts by rule, who would get something else than live, letters to read."""

from __future__ import annotations

import streamlit as st

from control.staging import Staged
from core.journeys import Journey
from core.reasons import BY_CODE
from orchestrate.staged.comparing import Difference, Letters
from ui.console.cards.parts import bullets, figure, heading
from ui.console.presence import sees_everybody
from ui.console.view.text import clock, listing, number, people, phrase, plain, title
from ui.staging_results import Results, Said, names_of

MOST_DIFFERENCES = 8
NOTHING = "Nothing"


def decided_card(there: list[Staged], found: Results) -> None:
    """What the last cycle of staging decided, by rule, and where runs of journeys are."""
    with st.container(border=True):
        heading("What staging decided last")
        if found.last is None and not found.under_way and not found.ended:
            st.markdown("Staging has not decided yet.")
            st.caption(
                "It does with the next cycle of the live rules, or when somebody asks it to."
            )
            return
        _rules(there, found)
        _journeys(there, found)
        if found.last is None:
            return
        if not found.is_current:
            st.markdown(
                ":orange[:material/history:] Staging or the live rules changed since: have it "
                "decide again."
            )
        st.caption(f"Decided for {clock(found.last.report.decided_at)} UTC, for everybody.")


def _rules(there: list[Staged], found: Results) -> None:
    report = found.last.report if found.last else None
    rules = [one for one in there if not isinstance(one.artifact, Journey)]
    decided, counted = (report.policies, report.by_policy) if report else ({}, {})
    rows = [(one, counted[one.key]) for one in rules if decided.get(one.key) == one.would_be]
    if not rows:
        if rules:
            st.markdown("Its rules have not been decided on yet.")
        return
    columns = {"Would get it": "selected", "Held back": "suppressed", "Held out": "held_out"}
    columns |= {"Lost to another": "lost"}
    table = {"Rule": [plain(one.artifact.name) for one, _ in rows]}
    table |= {
        label: [
            f"**{number(counts[name])}**" if name == "selected" else number(counts[name])
            for _, counts in rows
        ]
        for label, name in columns.items()
    }
    table["Letters"] = [number(_letters(found, one).written) for one, _ in rows]
    st.table(table, border="horizontal", hide_index=True, alt="What became of every rule")


def _journeys(there: list[Staged], found: Results) -> None:
    rows = [one for one in there if isinstance(one.artifact, Journey)]
    if not rows:
        return
    st.table(
        {
            "Journey": [plain(one.artifact.name) for one in rows],
            "Runs under way": [f"**{number(found.under_way.get(one.key, 0))}**" for one in rows],
            "Ended": [_ended(found.ended.get(one.key, {})) for one in rows],
            "Letters": [number(_letters(found, one).written) for one in rows],
        },
        border="horizontal",
        hide_index=True,
        alt="Where the runs of every journey are",
    )


def _ended(reasons: dict[str, int]) -> str:
    told = ", ".join(f"{number(n)} {phrase(why.lower())}" for why, n in sorted(reasons.items()))
    return told or "0"


def compared_card(found: Results) -> None:
    """Who would get something else than the live rules gave them at the same moment."""
    if found.last is None:
        return
    with st.container(border=True):
        heading("Who would get something else")
        if found.differences is None:
            st.markdown(
                "The live rules did not decide at that moment, so there is nothing to compare."
            )
            return
        changed = [one for one in found.differences if one.live != one.staging]
        _figures(found.differences)
        if not changed:
            st.markdown("Everybody would get what the live rules gave them.")
            return
        shown = changed[:MOST_DIFFERENCES]
        st.table(
            {
                "Live": [_actions(one.live) for one in shown],
                "In staging": [_actions(one.staging) for one in shown],
                "People": [f"**{number(one.people)}**" for one in shown],
                "Some of them": [plain(", ".join(one.users)) for one in shown],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{len(shown)} ways in which staging differs from live",
        )
        if rest := sum(one.people for one in changed[MOST_DIFFERENCES:]):
            st.caption(f"{people(rest)} more differ in other ways.")
        st.caption("By message, at the same moment; messages of journeys are counted above.")


def _figures(rows: tuple[Difference, ...]) -> None:
    gain = sum(one.people for one in rows if one.live is None)
    lose = sum(one.people for one in rows if one.staging is None)
    both = [one for one in rows if one.live is not None and one.staging is not None]
    other = sum(one.people for one in both if one.live != one.staging)
    same = sum(one.people for one in both if one.live == one.staging)
    places = st.columns(4)
    labels = ("Gain a message", "Lose theirs", "Get another", "Get the same")
    for place, label, value in zip(places, labels, (gain, lose, other, same), strict=True):
        figure(place, label, number(value))


def _actions(actions: str | None) -> str:
    if actions is None:
        return f":gray[{NOTHING}]"
    return plain(listing(title(one) for one in actions.split(", ")))


def letters_card(there: list[Staged], found: Results) -> None:
    """How many letters were written, what stopped others, and some to read."""
    every = [_letters(found, one) for one in there]
    written = sum(one.written for one in every)
    waiting = sum(one.waiting for one in every)
    stopped: dict[str, int] = {}
    for one in every:
        for reason, count in one.stopped.items():
            stopped[reason] = stopped.get(reason, 0) + count
    if not (written or waiting or stopped):
        return
    with st.container(border=True):
        heading("Letters")
        places = st.columns(3)
        for place, label, value in zip(
            places,
            ("Written", "Waiting for their time", "Stopped before"),
            (written, waiting, sum(stopped.values())),
            strict=True,
        ):
            figure(place, label, number(value))
        for said in found.sample if sees_everybody() else ():
            _letter(said)
        bullets(f"{number(n)} stopped: {plain(_sentence(why))}" for why, n in stopped.items())
        st.caption("They lie in `mailbox/staging` of the workspace. Nothing left this machine.")


def _letter(said: Said) -> None:
    letter = said.letter
    subject = said.subject or title(letter.action_key)
    label = f"{plain(subject)} :gray[· {plain(title(letter.channel))} to {plain(letter.user_id)}]"
    with st.expander(label, icon=":material/mail:"):
        st.markdown(plain(said.body or "Its file is gone."))
        st.caption(
            f"{plain(title(letter.action_key))} of {plain(letter.policy_key)} · "
            f"{clock(letter.written_at)} UTC"
        )


def _letters(found: Results, one: Staged) -> Letters:
    named = [found.letters[name] for name in names_of(one) if name in found.letters]
    return named[0] if named else Letters()


def _sentence(code: str) -> str:
    return BY_CODE[code].sentence if code in BY_CODE else phrase(code.lower())
