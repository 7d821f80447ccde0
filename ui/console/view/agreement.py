"""How many people have agreed to a change and how many have to, in words."""

from __future__ import annotations

from control.requests import ChangeRequest
from core.lifecycle import State


def agreed(request: ChangeRequest) -> int:
    """How many approvals count, the last one included."""
    last = request.review is not None and request.review.verdict == "approve"
    return sum(one.counts for one in request.sign_offs) + last


def agreement_line(request: ChangeRequest) -> str:
    """Such as "1 of 2 approvals; needs another approver"."""
    if not request.approvals_needed:
        return "nobody can approve it: no approval policy covers it"
    counted = f"{agreed(request)} of {request.approvals_needed} approvals"
    if request.state is not State.IN_REVIEW:
        return counted
    missing = request.approvals_needed - agreed(request)
    if missing > 1:
        return f"{counted}; needs {missing} different approvers"
    return f"{counted}; needs {'another' if request.sign_offs else 'an'} approver"


def agreement_lines(request: ChangeRequest) -> list[str]:
    """Who agreed, and what makes it take as many as it does, as lines of a card."""
    lines = [f"Risk       {request.approvals_why}", f"Approvals  {agreement_line(request)}"]
    for one in request.sign_offs:
        left = "" if one.counts else ", who may not approve any more"
        lines.append(f"           {one.by} approved it{left}: {one.comment}".rstrip(": "))
    return lines
