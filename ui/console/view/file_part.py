"""Parts of files that are approved like rules, in the words of an approver."""

from __future__ import annotations

CONSEQUENCE: dict[str, str] = {
    "contact_policy": (
        "The **contact policy** holds for every rule, policy and journey from then on, also for "
        "messages that wait. You can roll it back at any time."
    ),
    "templates": (
        "Messages that leave from then on, those that wait included, say the new **words**. "
        "You can roll them back at any time."
    ),
}
"""Kind of a change request → what approving it does, in one sentence of Markdown."""
