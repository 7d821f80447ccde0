"""A published rule in words and badges."""

from __future__ import annotations

from control.kill_switches import KillSwitch
from control.versions import Rule
from core.proposal import actions_of
from core.rules import DecisionPolicy
from ui.console.view.state import Badge
from ui.console.view.text import phrase

KIND: dict[str, str] = {"decision_policy": "Decision policy", "eligibility_rule": "Rule"}
STOPPED = Badge("Stopped", "red", "front_hand")


def kind_of(rule: Rule) -> str:
    """Decision policy, rule, or audience: a rule that sends nothing by itself."""
    if isinstance(rule, DecisionPolicy):
        return "Decision policy"
    return KIND[rule.kind] if rule.action else "Audience"


def stops(switches: tuple[KillSwitch, ...], rule: Rule) -> tuple[KillSwitch, ...]:
    """The switches that stop a rule, or a part of what it sends."""
    actions = {action.key for action in actions_of(rule)}
    channels = {name for action in actions_of(rule) for name in action.channels}
    keys = {"global": None, "policy": {rule.key}, "action": actions, "channel": channels}
    return tuple(one for one in switches if (named := keys[one.scope]) is None or one.key in named)


def switch_words(one: KillSwitch) -> str:
    """Everything; the rule upgrade nudge; the channel e-mail. As a person would say it."""
    if one.scope == "global":
        return "Everything"
    scope = "rule" if one.scope == "policy" else one.scope
    return f"The {scope} {phrase(one.key)}"
