"""docs/access.md says of every role what the code says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from control import membership, sights, tokens
from control.audit_reading import READS_ALL
from core.lifecycle import DATA_PROPOSERS, PROPOSERS, Role
from deliver import by_hand
from orchestrate import kill_switch
from orchestrate.journeys.changing import MAY_MIGRATE
from orchestrate.rulebook.writing import MAY_CHANGE
from orchestrate.staged.placing import MAY_STAGE
from ui.console.casebook import SEES_VALUES
from ui.console.diagnosed import RUNS_CHECKS, SEES_ALL
from ui.console.shell import PLACES
from ui.exporting import EXPORTERS
from ui.offline import TAKERS
from warehouse.sqlcheck.world import READABLE

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
APPROVERS = frozenset({Role.APPROVER})
MAY: dict[str, frozenset[Role]] = {
    "propose rules, policies, journeys": PROPOSERS,
    "propose changes of the data layer; rule on identity": DATA_PROPOSERS,
    "decide on change requests; accept a jump": APPROVERS,
    "promote and end canaries; roll back, pause, resume": MAY_CHANGE,
    "put into staging, promote from there": MAY_STAGE,
    "move runs of a journey to another version": MAY_MIGRATE,
    "stop sends (kill switches)": kill_switch.MAY_STOP,
    "let sends go again": kill_switch.MAY_LET_GO,
    "cancel messages, pause a destination": by_hand.MAY_STOP,
    "send again, settle, resume a destination": by_hand.MAY_ACT,
    "export an audience (hashes)": EXPORTERS,
    "take an offline list (addresses)": TAKERS,
    "add, grant, limit and remove people": membership.ADMINS,
    "see personal data in the clear": sights.SEES_PERSONAL,
    "see on Decisions what was read of a user": SEES_VALUES,
    "read in the Audit log what others did": READS_ALL,
    "read on Diagnoses what others asked": SEES_ALL,
    "run a check of a diagnosis": RUNS_CHECKS,
} | {f"make a token of scope `{scope}`": owners for scope, owners in tokens.OWNERS.items()}


def row(what: str, roles: Iterable[Role]) -> str:
    held = {*roles}
    return f"| {what} | " + " | ".join("yes" if role in held else "" for role in Role) + " |"


@pytest.mark.parametrize("what", MAY)
def test_the_table_says_who_may_do_it(what: str) -> None:
    assert row(what, MAY[what]) in PAGE


def test_the_table_says_who_opens_which_page() -> None:
    for place in PLACES:
        assert row(f"open the page {place.title}", place.roles) in PAGE


def test_the_table_says_what_queries_read() -> None:
    for data_class in ("public", "personal", "sensitive", "protected"):
        readers = [role for role in Role if data_class in READABLE[role.value]]
        assert row(f"read {data_class} columns in queries", readers) in PAGE


def test_the_table_has_no_row_of_its_own() -> None:
    said = [line for line in PAGE.splitlines() if line.startswith("| ") and "yes" in line]
    known = len(MAY) + len(PLACES) + 3
    assert len(said) == known
