"""One person counted as two: a device that names several users where it named one before."""

from __future__ import annotations

from dataclasses import replace

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect, shift_of
from measure.funnel import TENURE, steps_table
from measure.layout import DEVICE, has_device
from measure.queries import query, text
from measure.thresholds import LEAST_EFFECT, LEAST_USERS, STRIKING

LEAST_RISE = 0.03


def identity_change(inquiry: Inquiry) -> Stage:
    """Joins the users of a device when far more devices than before have several."""
    if not has_device(inquiry.catalog):
        return Stage(inquiry, tests=0)
    shares, query_id = _shares(inquiry)
    now, before = shares.get(0), shares.get(-1)
    if now is None or before is None:
        return Stage(inquiry, tests=0)
    say = inquiry.figures
    (hit, size), (usual, usual_size) = now, before
    share, past = hit / size, usual / usual_size
    error = (max(past, 0.005) * (1 - past) / size) ** 0.5
    told, was = say.percent(share, query_id), say.percent(past, query_id)
    if share - past < LEAST_RISE or (share - past) / error < STRIKING:
        sentence = (
            f"Identity: {told} of the devices of {inquiry.segment} name several users, {was} "
            "in the periods before."
        )
        return Stage(inquiry, ruled_out=(Ruled("identity_change", sentence, (query_id,)),))
    since, until = inquiry.periods_back(6), inquiry.span.periods.current.known_by
    corrections = replace(inquiry.span.corrections, same_since=since, same_until=until)
    corrected = inquiry.recounted(replace(inquiry.span, corrections=corrections))
    # Whoever stopped before being known by the old name looks like somebody new.
    corrected = corrected.having_named(TENURE, "new")
    effect = shift_of(inquiry, corrected)
    if effect * inquiry.sign < LEAST_EFFECT:
        return Stage(corrected)
    return Stage(corrected, (_suspect(inquiry, corrected, (told, was), query_id, effect),))


def _shares(inquiry: Inquiry) -> tuple[dict[int, tuple[int, int]], str]:
    """0 and -1 (the two periods before) → devices of several users, and all."""
    span = inquiry.span
    sql = text(
        query("identities", **span.periods.bounds(back=2)),
        inquiry.catalog,
        span.corrections,
        periods=span.periods.table(span.window, span.cut),
        people=span.compared.people(inquiry.catalog),
        steps=steps_table(inquiry.catalog, inquiry.cells.steps),
    )
    fetched = inquiry.runner.fetch(sql, purpose="devices that name several users")
    found: dict[int, tuple[int, int]] = {}
    for period, part, devices, several in fetched.rows:
        if part == "segment":
            hit, size = found.get(min(0, max(-1, period)), (0, 0))
            found[min(0, max(-1, period))] = (hit + several, size + devices)
    return {k: v for k, v in found.items() if v[1] >= LEAST_USERS}, fetched.id


def _suspect(
    before: Inquiry, after: Inquiry, told: tuple[str, str], query_id: str, effect: float
) -> Suspect:
    say, current = before.figures, before.span.periods.current
    return Suspect(
        kind="identity_change",
        sentence=(
            f"{told[0]} of the devices of {before.segment} name several users, {told[1]} before: "
            "one person is counted as several, who each do a part of the way."
        ),
        dimension=DEVICE,
        value=None,
        effect=effect,
        confidence="high",
        evidence=(query_id, before.cells.sql, after.cells.sql),
        checks=(
            Check(
                "Devices by how many users they named, by platform and week",
                "identities",
                {
                    "since": before.periods_back(3),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
        ),
        grounds=(
            Ground(
                "With the users of a device as one the rate is "
                f"{say.percent(after.change.rate, after.cells.sql, digits=2)} where "
                f"{say.percent(after.change.expected, after.cells.sql, digits=2)} was expected.",
                (after.cells.sql,),
            ),
        ),
    )
