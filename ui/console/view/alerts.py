"""Open alerts in words: how many, and each with what to do first."""

from __future__ import annotations

from collections.abc import Sequence

from core.alerts import Alert
from ui.console.view.state import Badge
from ui.console.view.text import plain

NOW = Badge("now", "red", "notification_important")
TODAY = Badge("today", "orange", "notifications")


def summary(alerts: Sequence[Alert]) -> str:
    """How many there are, and how many of them need somebody now."""
    urgent = sum(one.urgent for one in alerts)
    many = f"{len(alerts)} alert{'s' if len(alerts) > 1 else ''}"
    return f"{many}, {urgent} urgent" if urgent else many


def icon(alerts: Sequence[Alert]) -> str:
    """The Material name of the most urgent one."""
    return (NOW if any(one.urgent for one in alerts) else TODAY).icon


def line(alert: Alert) -> str:
    """One alert as Markdown: what is so, who acts and the first command."""
    badge = NOW if alert.urgent else TODAY
    return (
        f"{badge.markdown} **{alert.title}**  \n{plain(alert.sentence)}  \n"
        f"{alert.who}: `{alert.fix.replace('`', ' ')}`  \n{alert.runbook}"
    )


def request_of(alert: Alert) -> str | None:
    """The change request that an alert is about, if it is about one."""
    return alert.subject if alert.subject.startswith("CR-") else None
