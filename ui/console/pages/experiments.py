"""Experiments: what messages and changes really did."""

from __future__ import annotations

from ui.console.experiments import show

show()
