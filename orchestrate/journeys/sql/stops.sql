-- The earliest of what ends each run; of several at once the first in the journey's order, the end of its time last.
CREATE OR REPLACE TEMP TABLE jr_stop_at AS
WITH found AS (
    SELECT r.run_id, s.position, s.reason, MIN(h.ts) AS ts
    FROM jr_moving r
    JOIN jr_stops s ON s.journey_key = r.journey_key AND s.version = r.version
    JOIN jr_happened h ON h.trigger_id = s.trigger_id AND h.user_id = r.user_id AND h.ts > r.entered_at AND h.ts <= $as_of
        AND (h.key_value IS NULL OR h.key_value = r.entry_key)
    GROUP BY r.run_id, s.position, s.reason
    UNION ALL
    SELECT r.run_id, s.position, s.reason, $as_of
    FROM jr_moving r
    JOIN jr_stops s ON s.journey_key = r.journey_key AND s.version = r.version
    JOIN jr_truths t ON t.truth_id = s.truth_id AND t.run_id = r.run_id
    UNION ALL
    SELECT r.run_id, 1000, 'EXPIRED', r.entered_at + to_seconds(j.max_runtime_seconds)
    FROM jr_moving r
    JOIN jr_journeys j ON j.journey_key = r.journey_key AND j.version = r.version
    WHERE r.entered_at + to_seconds(j.max_runtime_seconds) <= $as_of
)
SELECT run_id, reason, ts
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY run_id ORDER BY ts, position) AS place FROM found) ordered
WHERE place = 1;
