"""Approvals: what waits for a decision, and everything needed to make it."""

from __future__ import annotations

from ui.console.approvals import show

show()
