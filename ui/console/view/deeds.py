"""What was done about a change request, as one line of its activity."""

from __future__ import annotations

from control.audit import AuditEntry
from core.canary import CanaryAsk
from ui.console.view.canary_ask import share_words
from ui.console.view.text import plain

DEEDS = {
    "draft": "drafted it",
    "propose": "sent it for approval",
    "approve": "approved it",
    "reject": "rejected it",
    "request_changes": "asked for changes",
    "withdraw": "withdrew it",
    "suspend": "held it back",
    "lift_suspension": "let it go on",
}


def deed_words(entry: AuditEntry, names: dict[str, str], canary: CanaryAsk | None) -> str:
    """Who did what, in Markdown; ``canary`` is what the approver asked for, if for one."""
    some = f" as a canary for {share_words(canary.share)} of users" if canary else ""
    if entry.what == "publish":
        return f"It went live{some} as {plain(entry.subject)}"
    if entry.what == "expire":
        return f"It did not go live: {plain(entry.note)}"
    if entry.what == "put_off":
        return f"It could not go live yet, and is tried again: {plain(entry.note)}"
    note = entry.note
    if entry.what == "approve" and canary:
        # The log says the share before the comment; here the deed says it.
        note = note.removeprefix(f"canary {canary.share:.4g}.").strip()
    said = f": “{plain(note)}”" if note else ""
    deed = DEEDS.get(entry.what, plain(entry.what)) + (some if entry.what == "approve" else "")
    return f"{plain(names.get(entry.who, entry.who))} {deed}{said}"
