-- One more step of the funnel: an event of the step carries the latest entry that leads up to it.
-- The latest entry is the best attempt: if any entry reaches the event within the window, it does.
-- Only who has an event of the step is put in order: most never get that far.
SELECT period, user_id, event_time, app_version, best AS entry
FROM (
    SELECT
        period, user_id, event_time, app_version, is_step,
        MAX(entry) OVER (PARTITION BY period, user_id ORDER BY event_time) AS best
    FROM (
        SELECT t.period, t.user_id, t.event_time, CAST(NULL AS VARCHAR) AS app_version, t.entry, 0 AS is_step
        FROM previous AS t
        WHERE EXISTS (SELECT 1 FROM visible AS v WHERE v.step = :step AND v.period = t.period AND v.user_id = t.user_id)
        UNION ALL
        SELECT v.period, v.user_id, v.event_time, v.app_version, CAST(NULL AS TIMESTAMP), 1 FROM visible AS v WHERE v.step = :step
    ) AS ordered
) AS ranked
WHERE is_step = 1 AND event_time <= best + :window
