"""An artifact as the plan that a model would have written for it: for examples and follow-ups.

Nothing is shown that does not come back as it was: what a model cannot write,
it is not given to copy.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from agent.planners.canonical import same_draft
from agent.planners.openai.drafts import plan_of
from agent.planners.openai.shown_conditions import Unsayable, wired
from agent.planners.openai.wire import Reply
from agent.planners.port import CountQuestion, Drafted, PlanRequest
from core.rules import DAY, Action, DecisionPolicy, EligibilityRule, Entry, Holdout, Suppression
from warehouse.catalog import Catalog

Json = dict[str, Any]


def shown(draft: Drafted, catalog: Catalog) -> str | None:
    """The plan of a draft as compact JSON; None when a model could not have written it."""
    try:
        plan = _plan(draft, catalog)
        reply = Reply.model_validate({"plan": plan})
        request = PlanRequest(prompt="", as_of=datetime(2000, 1, 1))
        again = plan_of(reply, request, catalog).draft
    except ValueError:
        return None
    if again is None or not same_draft(again, draft):
        return None
    return json.dumps(plan, separators=(",", ":"))


def _plan(draft: Drafted, catalog: Catalog) -> Json:
    match draft:
        case EligibilityRule():
            return _rule(draft, catalog)
        case DecisionPolicy():
            return _policy(draft, catalog)
        case CountQuestion():
            people = {"population": wired(draft.population), "condition": wired(draft.condition)}
            return {"kind": "count_question"} | people
    raise Unsayable(draft.kind)


def _rule(rule: EligibilityRule, catalog: Catalog) -> Json:
    condition = wired(rule.condition)
    if condition is None:
        raise Unsayable("a rule for everyone")
    return {
        "kind": "eligibility_rule",
        "name": rule.name,
        "population": wired(rule.population),
        "condition": condition,
        "action": _action(rule.action, catalog) if rule.action else None,
        "holdout_percent": _percent(rule.holdout, catalog),
    }


def _policy(policy: DecisionPolicy, catalog: Catalog) -> Json:
    tiers = {entry.action.key: entry.tier for entry in policy.entries}
    return {
        "kind": "decision_policy",
        "name": policy.name,
        "population": wired(policy.population),
        "entries": [_entry(entry, catalog) for entry in policy.entries],
        "suppressions": [_suppression(one, tiers) for one in policy.suppressions],
        "stop_conditions": [
            {"name": one.name, "when": wired(one.when), "tiers": _tiers(one.actions, tiers)}
            for one in policy.stop_conditions
        ],
        "at_most": policy.k,
        "cooldown_days": policy.cooldown_seconds // DAY,
        "holdout_percent": _percent(policy.holdout, catalog),
    }


def _entry(entry: Entry, catalog: Catalog) -> Json:
    said = {"eligibility": wired(entry.eligibility), "score": entry.score}
    return {"tier": entry.tier, "action": _action(entry.action, catalog)} | said


def _suppression(one: Suppression, tiers: dict[str, int]) -> Json:
    said = {"name": one.name, "tiers": _tiers(one.actions, tiers)}
    if one.outcome is None:
        when = wired(one.when) if one.when is not None else None
        return {"kind": "condition", "when": when} | said
    return said | {
        "kind": "outcome",
        "outcome": one.outcome.outcome,
        "times": one.outcome.n,
        "window_days": one.outcome.window_seconds // DAY,
        "pause_days": one.outcome.pause_seconds // DAY,
        "scope": one.scope,
    }


def _tiers(actions: tuple[str, ...], tiers: dict[str, int]) -> list[int]:
    return sorted({tiers[key] for key in actions})


def _action(action: Action, catalog: Catalog) -> Json:
    known = catalog.actions.get(action.key)
    channels = () if known and known.channels == action.channels else action.channels
    expires = action.expires_after_seconds
    usual = (known.expires_after_seconds if known else None) or (
        catalog.defaults.expires_after_seconds
    )
    return {
        "action": action.key if known else "other",
        "name": None if known else action.name,
        "channels": [*channels],
        "expires_after_days": None if expires == usual else expires // DAY,
    }


def _percent(holdout: Holdout | None, catalog: Catalog) -> int | None:
    share = 0.0 if holdout is None else holdout.share
    return None if share == catalog.defaults.holdout_share else round(share * 100)
