-- Who enters: by the journey's mode, each user at most once a tick, each key once for ever.
INSERT INTO jr_runs
WITH allowed AS (
    SELECT e.*, CASE WHEN $mode = 'keyed' THEN e.entry_key ELSE '' END AS unit
    FROM jr_entering e
    WHERE e.journey_key = $journey_key AND (
        $mode = 'keyed' AND e.entry_key IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM jr_earlier x WHERE x.user_id = e.user_id AND x.entry_key = e.entry_key
        )
        OR $mode = 'never' AND NOT EXISTS (SELECT 1 FROM jr_earlier x WHERE x.user_id = e.user_id)
        OR $mode IN ('after_exit', 'after_window') AND NOT EXISTS (
            SELECT 1 FROM jr_earlier x
            WHERE x.user_id = e.user_id AND (
                x.exited_at IS NULL OR e.ts <= x.exited_at
                OR $mode = 'after_window' AND e.ts < x.entered_at + to_seconds(CAST($window_seconds AS BIGINT))
            )
        )
    )
),
first AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id, unit ORDER BY ts) AS place FROM allowed
),
keyed AS (
    SELECT
        user_id, ts, CASE $mode WHEN 'keyed' THEN entry_key WHEN 'never' THEN '' ELSE strftime(ts, '%Y-%m-%dT%H:%M:%S.%f') END AS entry_key
    FROM first WHERE place = 1
)
SELECT
    jr_uuid5($journey_key || '/' || CAST($version AS VARCHAR) || '/' || user_id || '/' || entry_key), $journey_key, $version,
    user_id, user_id, entry_key, ts, $start, ts, 'here', NULL, NULL, NULL, NULL, NULL, TRUE, TRUE, 0
FROM keyed;
