-- How the values of traits were spread at several moments, in one pass over history.
WITH held AS (
    SELECT
        user_id, trait, value, fingerprint, known_at,
        LEAD(known_at) OVER (PARTITION BY user_id, trait ORDER BY known_at, build) AS until
    FROM trait_history
), placed AS (
    SELECT
        m.moment, h.trait,
        CASE
            WHEN NOT LIST_CONTAINS($numbers, h.trait) OR h.value IS NULL THEN h.value
            WHEN TRY_CAST(h.value AS DOUBLE) IS NULL THEN NULL
            WHEN TRY_CAST(h.value AS DOUBLE) = 0 THEN '0'
            ELSE CAST(ROUND(
                TRY_CAST(h.value AS DOUBLE),
                1 - CAST(FLOOR(LOG10(ABS(TRY_CAST(h.value AS DOUBLE)))) AS INTEGER)
            ) AS TEXT)
        END AS value
    FROM held AS h
    JOIN (SELECT UNNEST($moments) AS moment) AS m
        ON h.known_at <= m.moment AND (h.until IS NULL OR h.until > m.moment)
    WHERE h.fingerprint IS NOT NULL AND LIST_CONTAINS($traits, h.trait)
)
SELECT trait, moment, value, COUNT(*) AS users
FROM placed
GROUP BY trait, moment, value
