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
    "audiences": (
        "Live rules that name one of these **audiences** mean other people from the next decision "
        "on. You can roll it back at any time."
    ),
    "channels": (
        "Messages that leave from then on are asked for the **consent and address** of the new "
        "channels. You can roll it back at any time."
    ),
    "funnels": (
        "**Metrics** are counted in the new way from then on, for past weeks too. "
        "No message and no holdout changes."
    ),
    "destinations": (
        "Messages and syncs that leave from then on use the new **settings of destinations**. "
        "What a destination has already stays with it."
    ),
    "syncs": (
        "At their next run **tools are told** of users what the new settings say. "
        "What a tool knows already it keeps until it is taken out there."
    ),
}
"""Kind of a change request → what approving it does, in one sentence of Markdown."""
