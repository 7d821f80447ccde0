"""Whether what a proposed rule rests on is still as fresh as it was when it was proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control import versions
from control.requests import ChangeRequest
from core.data_use_policies import age_words, inputs_are_fresh, late_inputs
from core.errors import Code, refuse
from orchestrate.input_ages import input_ages
from tools.audience import required_of
from tools.sending_facts import tables_read

if TYPE_CHECKING:
    from ui.workspace import Workspace


def require_fresh(workspace: Workspace, request: ChangeRequest) -> None:
    """Refuses with BLOCKED_BY_POLICY a rule whose data became late since it was proposed.

    What was late then already is a finding on its card, which the approver judges.
    """
    preview = request.preview
    if preview is None:
        return
    as_of = workspace.as_of()
    judged = any(one.policy == inputs_are_fresh.__name__ for one in request.findings)
    if judged or preview.as_of == as_of.isoformat():
        return
    catalog, times = workspace.catalog, workspace.settings.policies.late_inputs
    reads = required_of(request.rule, catalog, versions.audiences(workspace.store))
    tables = tables_read(reads, catalog)
    ages = input_ages(tables, workspace.runner(), catalog, as_of=as_of, times=times)
    if late := late_inputs(ages, times):
        raise refuse(
            Code.BLOCKED_BY_POLICY,
            f"{request.id} cannot be approved on old data: "
            f"{'; '.join(age_words(one) for one in late)}.",
            span=request.id,
            fix="Load the data first, then approve it: who is meant may change.",
        )
