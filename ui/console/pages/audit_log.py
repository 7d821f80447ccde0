"""Audit log: who did what and when, and whether nobody changed it since."""

from __future__ import annotations

from ui.console.audit_log import show

show()
