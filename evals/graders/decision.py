"""Decision: the same order, winner of every user, suppressions and stop conditions."""

from __future__ import annotations

from pydantic import Field

from agent.planners.port import Plan
from core.conditions import EVERYONE, And, Condition, Frozen, Not, Or
from core.rules import Concerning, DecisionPolicy, Entry
from evals.bench import Bench, Users
from evals.cases import Case
from evals.graders.grader import SHOWN, Graded, Grader, uncalled_for, without_answer

Winners = dict[str, str]


class Held(Frozen):
    """A suppression or stop condition by hand: whom it concerns and when. No actions: all."""

    when: str
    actions: tuple[str, ...] = ()


class Pause(Frozen):
    """A suppression by outcome: ``n`` times within the window pauses."""

    outcome: str
    n: int
    window_days: float
    pause_days: float
    actions: tuple[str, ...] = ()


class DecisionCase(Case):
    """The entries in order, each with who is eligible. SQL is over the users ``u``."""

    population: str = "true"
    order: list[tuple[str, str]] = Field(default_factory=list)
    suppressions: tuple[Held, ...] | None = None
    """What holds messages back, and nothing else does. None: the order's SQL has it already."""
    stops: tuple[Held, ...] | None = None
    """What ends their pursuit, and nothing else does. None: the order's SQL has it already."""
    pauses: tuple[Pause, ...] | None = None
    """Suppressions by outcome. None: not judged."""
    holdout: float | None = None
    """The share held out. None: not judged."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Population, eligibility, suppressions and stop conditions."""
        held = (*(self.suppressions or ()), *(self.stops or ()))
        entries = (where for _, where in self.order)
        return (self.population, *entries, *(one.when for one in held))

    @property
    def expected(self) -> str:
        """The order and what holds back, line by line."""
        lines = [f"population: {self.population}"]
        lines += [f"{k}. {key}: {where}" for k, (key, where) in enumerate(self.order, 1)]
        for name, held in (("suppression", self.suppressions), ("stop", self.stops)):
            lines += [
                f"{name} of {', '.join(one.actions) or 'all'}: {one.when}" for one in held or ()
            ]
        return "\n".join(lines) if self.expect == "understood" else super().expected


def grade(case: DecisionCase, plan: Plan, bench: Bench) -> Graded:
    """Order, winners, what holds back, what ends: the first difference is the verdict."""
    policy = plan.draft
    if policy is None:
        return without_answer(case, plan)
    if not isinstance(policy, DecisionPolicy) or case.expect != "understood":
        return uncalled_for(plan)
    order = [key for key, _ in case.order]
    keys = [entry.action.key for entry in _ordered(policy)]
    if keys != order:
        return Graded("silently_wrong", f"the order is {keys}, not {order}")
    got, wanted = _winners(policy, bench), _meant(case, bench)
    return (
        _winning(got, wanted)
        or _holding(case, policy, bench)
        or _settings(case, policy)
        or Graded("exact", f"{len(got)} winners")
    )


def _ordered(policy: DecisionPolicy) -> list[Entry]:
    return sorted(policy.entries, key=lambda entry: entry.tier)


def _winners(policy: DecisionPolicy, bench: Bench) -> Winners:
    entries = [
        (entry.action.key, bench.audience(_selecting(policy, entry))) for entry in _ordered(policy)
    ]
    return _first(entries)


def _selecting(policy: DecisionPolicy, entry: Entry) -> Condition:
    held = _when(policy.suppressions_of(entry)) + _when(policy.stops_of(entry))
    parts: list[Condition] = [policy.population, entry.eligibility]
    if entry.applicability is not None:
        parts.append(entry.applicability)
    return And(of=(*parts, _without(held)))


def _without(held: tuple[Condition, ...]) -> Condition:
    """Those whom none of them holds back."""
    return Not(of=Or(of=held)) if held else EVERYONE


def _when(held: tuple[Concerning, ...]) -> tuple[Condition, ...]:
    conditions = (getattr(one, "when", None) for one in held)
    return tuple(one for one in conditions if one is not None)


def _meant(case: DecisionCase, bench: Bench) -> Winners:
    population = bench.meant(case.population)
    held = (*(case.suppressions or ()), *(case.stops or ()))
    entries = [
        (key, (population & bench.meant(where)) - _held(held, key, bench))
        for key, where in case.order
    ]
    return _first(entries)


def _held(held: tuple[Held, ...], key: str, bench: Bench) -> Users:
    """Whom something by hand holds back or ends; not knowing holds back too, as in a cycle."""
    concerned = (one for one in held if not one.actions or key in one.actions)
    return frozenset().union(*(bench.meant(f"({one.when}) IS NOT FALSE") for one in concerned))


def _first(entries: list[tuple[str, Users]]) -> Winners:
    winners: Winners = {}
    for key, users in entries:
        winners |= {user: key for user in users if user not in winners}
    return winners


def _winning(got: Winners, wanted: Winners) -> Graded | None:
    changed = sorted(user for user in {*got, *wanted} if got.get(user) != wanted.get(user))
    if not changed:
        return None
    one = changed[0]
    example = f"e.g. {got.get(one)} instead of {wanted.get(one)}"
    detail = f"{len(changed)} users get another message, {example}"
    extra = tuple(user for user in changed if user in got)
    missing = tuple(user for user in changed if user in wanted)
    return Graded("silently_wrong", detail, extra[:SHOWN], missing[:SHOWN])


def _holding(case: DecisionCase, policy: DecisionPolicy, bench: Bench) -> Graded | None:
    """Whether for every action the same users are held back, and the same are done with."""
    parts = (
        ("suppressed", case.suppressions, policy.suppressions_of),
        ("stopped", case.stops, policy.stops_of),
    )
    for name, wanted, found in parts:
        for entry in policy.entries if wanted is not None else ():
            key, conditions = entry.action.key, _when(found(entry))
            got = bench.audience(EVERYONE) - bench.audience(_without(conditions))
            meant = _held(wanted or (), key, bench)
            if got != meant:
                return Graded(
                    "silently_wrong",
                    f"{len(got)} users are {name} for {key} instead of {len(meant)}",
                    tuple(sorted(got - meant)[:SHOWN]),
                    tuple(sorted(meant - got)[:SHOWN]),
                )
    return None


def _settings(case: DecisionCase, policy: DecisionPolicy) -> Graded | None:
    share = policy.holdout.share if policy.holdout else 0.0
    if case.holdout is not None and abs(share - case.holdout) > 1e-9:
        return Graded("failed", f"{share:.1%} are held out, not {case.holdout:.1%}")
    got = _pauses(policy)
    if case.pauses is not None and got != {*case.pauses}:
        return Graded("silently_wrong", f"the pauses are {got}, not {case.pauses}")
    return None


def _pauses(policy: DecisionPolicy) -> set[Pause]:
    day = 86_400
    return {
        Pause(
            outcome=one.outcome.outcome,
            n=one.outcome.n,
            window_days=one.outcome.window_seconds / day,
            pause_days=one.outcome.pause_seconds / day,
            actions=one.actions,
        )
        for one in policy.suppressions
        if one.outcome is not None
    }


GRADER = Grader(DecisionCase, grade)
