-- Rolling counts that were reached at any moment of a run since the last look: n events within the window, at a moment
-- later than the last of them and not later than the window after the first of them.
INSERT INTO jr_ever
SELECT DISTINCT $leaf, counted.run_id
FROM (
    SELECT
        r.run_id, h.ts AS last_at, LAG(h.ts, CAST($n AS INTEGER) - 1) OVER (PARTITION BY r.run_id ORDER BY h.ts) AS first_at,
        greatest(r.entered_at, j.seen_to) AS since
    FROM jr_moving r
    JOIN jr_journeys j ON j.journey_key = r.journey_key AND j.version = r.version
    JOIN jr_happened h ON h.trigger_id = $trigger_id AND h.user_id = r.user_id AND h.ts < $as_of
) counted
WHERE first_at IS NOT NULL
    AND (
        greatest(last_at, since) < least(first_at + to_seconds($seconds), CAST($as_of AS TIMESTAMP))
        -- At the moment of the look itself, as any other condition.
        OR last_at < CAST($as_of AS TIMESTAMP) AND first_at + to_seconds($seconds) >= CAST($as_of AS TIMESTAMP)
    );
