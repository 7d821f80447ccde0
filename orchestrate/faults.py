"""Which leaf of which condition gave a candidate its reason."""

from __future__ import annotations

from typing import Any

from core.conditions import Condition, ConsentIs, Or
from core.masking import HIDDEN
from orchestrate.evidence import Deciding, Seen, deciding
from orchestrate.plan import PlannedEntry, PlannedPolicy
from warehouse.catalog import Catalog
from warehouse.compile import reads_public
from warehouse.wording import describe

# Reason code → the condition that gave it, and what that would have to be instead.
ASKED = {
    "NOT_IN_POPULATION": ("population", True),
    "NO_CONSENT": ("consented", True),
    "CONSENT_UNKNOWN": ("consented", True),
    "INELIGIBLE": ("eligible", True),
    "NOT_APPLICABLE": ("applicable", True),
    "SUPPRESSED_STATE": ("suppressed", False),
    "STOPPED": ("stopped", False),
    "INPUT_UNKNOWN": ("suppressed", False),
}


def conditions_of(policy: PlannedPolicy, catalog: Catalog) -> dict[str, Condition]:
    """Every condition that a policy asks of a user, by its part and the entry's position."""
    asked = {"population": policy.population}
    for entry in policy.entries:
        parts = {
            "eligible": entry.eligibility,
            "applicable": entry.applicability,
            "suppressed": entry.suppressed,
            "stopped": entry.stopped,
        }
        asked |= {f"{name}_{entry.position}": one for name, one in parts.items() if one is not None}
        wanted = [
            ConsentIs(purpose=purpose, channel=name)
            for name in entry.action.channels
            if (purpose := catalog.channels[name].consent_purpose) is not None
        ]
        if wanted and entry.action.message_class == "marketing":
            asked[f"consented_{entry.position}"] = Or(of=tuple(wanted))
    return asked


def at_fault(seen: dict[str, Seen], code: str, entry: PlannedEntry) -> Deciding | None:
    """The leaf that gave an entry's reason; None where no condition did."""
    name, wanted = ASKED.get(code, ("", True))
    asked = seen.get(name) or seen.get(f"{name}_{entry.position}")
    found = deciding(asked, wanted=wanted) if asked else None
    if found is None and name == "suppressed":  # the unknown one may be a stop condition
        stop = seen.get(f"stopped_{entry.position}")
        found = deciding(stop, wanted=False) if stop else None
    return found


NO_LEAF: dict[str, Any] = dict.fromkeys(("failed_leaf", "value_read", "expected"))


def leaf_document(found: Deciding | None, catalog: Catalog) -> dict[str, Any]:
    """``failed_leaf, value_read, expected``: each None where no condition decided."""
    if found is None:
        return NO_LEAF
    words = describe(found.leaf.condition, catalog)
    is_public = found.leaf.value is None or reads_public(found.leaf.condition, catalog)
    return {
        "failed_leaf": words,
        # What an address was is no reason: nobody needs to see it.
        "value_read": found.leaf.value if is_public else HIDDEN,
        "expected": words if found.leaf.truth is not True else f"not: {words}",
    }
