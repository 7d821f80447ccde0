"""Rules: what is live, for whom, and how the canaries do."""

from __future__ import annotations

from ui.console.rules import show

show()
