"""Diagnoses: why numbers moved."""

from __future__ import annotations

from ui.console.diagnoses import show

show()
