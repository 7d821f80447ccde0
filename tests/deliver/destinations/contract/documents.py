"""Documents that any provider may answer with, as far as anybody can think of them."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = (
    "message errors index input_array type dispatch_id id batch_index reason code msg params "
    "failCount successCount failedUpdates notFoundUserIds invalidUserIds disallowedEventNames "
    "invalid_aliases external_id delivery_id status sid error_code data attributes detail success"
).split()
"""What answers are made of, at any provider."""
LETTERS = st.characters(exclude_categories=()) | st.sampled_from("\ud83d\0")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(LETTERS, max_size=5)
DOCUMENTS = st.recursive(
    LEAVES | st.sampled_from(["success", "Success", "events", "user-0", "pilothouse_message"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=8,
)
