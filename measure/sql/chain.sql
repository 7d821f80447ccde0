-- One more step of the funnel: an event of the step carries the latest entry that leads up to it.
-- The latest entry is the best attempt: if any entry reaches the event within the window, it does.
SELECT
    period, user_id, step, event_time, app_version,
    CASE
        WHEN step <> :step THEN entry
        WHEN event_time <= best + :window THEN best
    END AS entry
FROM (
    SELECT
        *, MAX(CASE WHEN step = :step - 1 THEN entry END)
            OVER (PARTITION BY period, user_id ORDER BY event_time) AS best
    FROM previous
) AS ranked
