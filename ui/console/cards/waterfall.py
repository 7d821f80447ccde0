"""How one message fared with one user: gate by gate, and what would have to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.console.cards.parts import bullets
from ui.console.view.text import plain
from ui.console.view.waterfall import becomes, changes, rows


def waterfall_body(candidate: Mapping[str, Any], name: str) -> None:
    """The lines of a waterfall and the smallest change; ``name`` is that of the message."""
    lines = [*rows(candidate)]
    st.table(
        {
            "Asked": [line.check for line in lines],
            "Answer": [line.result for line in lines],
            "Known of the user": [line.read for line in lines],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{plain(name)}: {candidate['sentence']}",
    )
    if steps := changes(candidate):
        st.markdown(f"**What would have to change.** {becomes(candidate)}")
        bullets(plain(step) for step in steps)
    elif candidate["clauses"] is not None:
        st.caption("Nothing that is known here would change this.")
