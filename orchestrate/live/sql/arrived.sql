-- The users of whom events were loaded after one place in the log up to another.
WITH sent AS (
    SELECT user_id, anonymous_id FROM raw_events WHERE seq > $since AND seq <= $latest
),
ids AS (
    SELECT 'user_id' AS kind, user_id AS value FROM sent
    UNION
    SELECT 'anonymous_id', anonymous_id FROM sent
)
SELECT user_id FROM sent WHERE user_id IS NOT NULL
UNION
SELECT m.user_id FROM identity_map m JOIN ids i ON i.kind = m.kind AND i.value = m.value
