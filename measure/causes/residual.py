"""A fall that no version, message, price or kind of user explains: it is everywhere."""

from __future__ import annotations

from measure.causes.inquiry import Check, Inquiry, Stage, Suspect, percent
from measure.changes import step_change
from measure.layout import dimension_words
from measure.statistics import p_text
from measure.thresholds import MOSTLY_EXPLAINED


def everywhere(inquiry: Inquiry) -> Stage:
    """Locates the fall that is left at a step, of the segment alone or of the control as well."""
    if not inquiry.still_fell:
        return Stage(inquiry)
    explained = inquiry.explained / inquiry.change.own.change
    if explained >= MOSTLY_EXPLAINED:
        # What is left of a fall that has a name is no cause of its own.
        rest = f"Unexplained: {percent(1 - explained, 0)} of the fall has no cause of its own."
        return Stage(inquiry, (), (rest,))
    moves = {
        n: step_change(inquiry.cells, n, inquiry.baselines, inquiry.has_control)
        for n in range(1, len(inquiry.cells.steps))
    }
    alone = inquiry.change.where == "segment" and inquiry.has_control
    worst = min(
        moves, key=lambda n: (moves[n].between or moves[n].own).t if alone else moves[n].own.t
    )
    name = " → ".join(inquiry.cells.steps[worst - 1 : worst + 1])
    move, segment = moves[worst], inquiry.span.compared.segment
    where = (
        f"all of {inquiry.segment}" if alone else f"{inquiry.segment} and {inquiry.control} alike"
    )
    if not inquiry.has_control:
        where = inquiry.segment
    suspect = Suspect(
        kind="platform_regression" if alone else "global_dip",
        sentence=(
            f"{name} fell in {where}, from {percent(move.expected)} to {percent(move.rate)} "
            f"({p_text(move.own.p)}), and no {_looked_at(inquiry)} stands "
            "out: associated with something that touches everybody there."
        ),
        dimension=segment.column if alone and segment else None,
        value=inquiry.span.compared.segment.value
        if alone and inquiry.span.compared.segment
        else None,
        effect=inquiry.change.own.change - inquiry.explained,
        confidence="low",
        evidence=(inquiry.cells.sql,),
        check=Check(
            f"{name} by platform and day: does it break on one day or slope?",
            "everywhere",
            {
                "step": inquiry.cells.steps[worst - 1],
                "next_step": inquiry.cells.steps[worst],
                "since": inquiry.span.periods.stretches[min(3, len(inquiry.baselines))].start,
                "until": inquiry.span.periods.current.end,
                "window": inquiry.span.window,
            },
        ),
    )
    return Stage(inquiry, (suspect,))


def _looked_at(inquiry: Inquiry) -> str:
    layout = inquiry.catalog.layout
    looked = ["version"] if layout.events.version else []
    looked += [*dimension_words(inquiry.catalog), "message"]
    looked += ["price"] if layout.sales is not None and layout.sales.price else []
    *first, last = looked
    return f"{', '.join(first)} or {last}" if first else last
