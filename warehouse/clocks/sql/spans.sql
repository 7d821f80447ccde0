-- Each value of each trait with the time in which it was the one that was known: closed-open.
-- Of two builds at the same moment the first was known for no time at all.
SELECT
    user_id, trait, value, known_at, event_at, fingerprint,
    LEAD(known_at) OVER (PARTITION BY user_id, trait ORDER BY known_at, build) AS known_until
FROM known_values
