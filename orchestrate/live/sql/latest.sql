-- The last place in the log whose events are facts: loaded, and their users known.
SELECT COALESCE(MAX(seq), -1) FROM identity_state
