-- Only what changed from one moment to the next is kept.
CREATE OR REPLACE TEMP TABLE trait_grid AS
SELECT user_id, trait, value, event_at, known_at, fingerprint, build
FROM (
    SELECT
        *,
        LAG(value) OVER (PARTITION BY user_id, trait ORDER BY known_at) AS value_before,
        LAG(known_at) OVER (PARTITION BY user_id, trait ORDER BY known_at) AS known_before
    FROM trait_grid
) AS placed
WHERE known_before IS NULL OR value IS DISTINCT FROM value_before
