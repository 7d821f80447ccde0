"""Where the console shows what somebody is told of."""

from __future__ import annotations

from urllib.parse import urlencode

from core.alerts import AlertKind
from core.settings import Settings
from measure.experiments.readout import Kind

_OF_A_RULE = frozenset(
    {AlertKind.CANARY_STOPPED, AlertKind.CANARY_WAITS, AlertKind.RULE_UNCERTIFIED}
)
_RULES = frozenset({AlertKind.CERTIFICATION_DUE, AlertKind.KILL_SWITCH_ON})
_AUDIT = frozenset(
    {AlertKind.EMERGENCY_UNREVIEWED, AlertKind.AUDIT_BROKEN, AlertKind.TOKEN_EXPIRING}
)

READOUT: dict[Kind, str] = {
    "holdout": "policy",
    "experiment": "experiment",
    "global_holdout": "holdout",
}
"""The name in the address under which the key of each kind stands."""


def of_request(request_id: str) -> str:
    """The card of a change request."""
    return f"/approvals?{urlencode({'request': request_id})}"


def of_rule(key: str) -> str:
    """A rule with its canaries and versions."""
    return f"/rules?{urlencode({'rule': key})}"


def of_readout(kind: Kind, key: str) -> str:
    """A read-out of something with a control group."""
    return f"/experiments?{urlencode({READOUT[kind]: key})}"


def of_alert(kind: AlertKind, subject: str) -> str:
    """The page on which whoever acts begins; Data health lists what needs somebody."""
    if subject.startswith("CR-"):
        return of_request(subject)
    if kind in _OF_A_RULE:
        return of_rule(subject)
    if kind in _RULES:
        return "/rules"
    return "/audit_log" if kind in _AUDIT else "/data_health"


_WORDS = {
    "/approvals": "Open the change request",
    "/rules": "Open Rules",
    "/audit_log": "Open the audit log",
    "/data_health": "Open Data health",
}


def words(page: str) -> str:
    """What a link to a page says."""
    return _WORDS[page.partition("?")[0]]


def address(settings: Settings, page: str) -> str:
    """A page as an address that a letter can hold."""
    here = settings.notifications.origin or f"http://{settings.host}:{settings.port}"
    return here.rstrip("/") + page
