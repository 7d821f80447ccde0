-- name: user_events
-- kind: staging
-- grain: user_id
-- incremental: event_time, received_at
-- owner: data
-- freshness: 86400
-- meaning: What each user did, counted once for every trait: over all time and in the windows that traits read.
WITH told AS (
    SELECT
        user_id, event_name, event_time,
        CASE WHEN event_name IN ('workout_completed', 'workout_saved') THEN properties ->> '$.workout_type' END AS workout_type,
        CASE WHEN event_name = 'workout_completed' THEN CAST(properties ->> '$.duration_seconds' AS DOUBLE) END AS seconds
    FROM fct_events
    WHERE
        event_time < $as_of AND user_id IS NOT NULL
        AND event_name IN ('workout_completed', 'workout_saved', 'app_opened', 'pricing_viewed', 'plan_compared', 'checkout_started')
)
SELECT
    user_id,
    COUNT(*) FILTER (WHERE event_name = 'workout_completed') AS workouts,
    COUNT(*) FILTER (WHERE event_name = 'workout_completed' AND event_time >= $as_of - INTERVAL '7' DAY) AS workouts_7d,
    COUNT(*) FILTER (WHERE event_name = 'workout_completed' AND event_time >= $as_of - INTERVAL '14' DAY) AS workouts_14d,
    COUNT(*) FILTER (WHERE event_name = 'workout_completed' AND event_time >= $as_of - INTERVAL '21' DAY) AS workouts_21d,
    COUNT(*) FILTER (WHERE event_name = 'workout_completed' AND event_time >= $as_of - INTERVAL '28' DAY) AS workouts_28d,
    -- Whole milliseconds: sums of integers come out the same whatever was added or taken away first.
    CAST(COALESCE(SUM(CAST(ROUND(seconds * 1000) AS BIGINT)) FILTER (WHERE event_name = 'workout_completed' AND event_time >= $as_of - INTERVAL '28' DAY), 0) AS BIGINT) AS workout_ms_28d,
    COUNT(seconds) FILTER (WHERE event_name = 'workout_completed' AND event_time >= $as_of - INTERVAL '28' DAY) AS timed_workouts_28d,
    MAX(event_time) FILTER (WHERE event_name = 'app_opened') AS last_opened_at,
    COUNT(*) FILTER (WHERE event_name = 'app_opened' AND event_time >= $as_of - INTERVAL '14' DAY) AS opened_14d,
    COUNT(*) FILTER (WHERE event_name = 'app_opened' AND event_time >= $as_of - INTERVAL '28' DAY) AS opened_28d,
    COUNT(*) FILTER (WHERE event_name = 'pricing_viewed' AND event_time >= $as_of - INTERVAL '30' DAY) AS pricing_30d,
    COUNT(*) FILTER (WHERE event_name = 'plan_compared' AND event_time >= $as_of - INTERVAL '30' DAY) AS compared_30d,
    COUNT(*) FILTER (WHERE event_name = 'checkout_started' AND event_time >= $as_of - INTERVAL '30' DAY) AS checkouts_30d,
    -- A workout completed counts twice as much for its type as one saved.
    CAST(COALESCE(SUM(CASE WHEN event_name = 'workout_completed' THEN 2 ELSE 1 END) FILTER (WHERE workout_type = 'cardio'), 0) AS BIGINT) AS cardio_points,
    CAST(COALESCE(SUM(CASE WHEN event_name = 'workout_completed' THEN 2 ELSE 1 END) FILTER (WHERE workout_type = 'hiit'), 0) AS BIGINT) AS hiit_points,
    CAST(COALESCE(SUM(CASE WHEN event_name = 'workout_completed' THEN 2 ELSE 1 END) FILTER (WHERE workout_type = 'mobility'), 0) AS BIGINT) AS mobility_points,
    CAST(COALESCE(SUM(CASE WHEN event_name = 'workout_completed' THEN 2 ELSE 1 END) FILTER (WHERE workout_type = 'strength'), 0) AS BIGINT) AS strength_points,
    CAST(COALESCE(SUM(CASE WHEN event_name = 'workout_completed' THEN 2 ELSE 1 END) FILTER (WHERE workout_type = 'yoga'), 0) AS BIGINT) AS yoga_points
FROM told
GROUP BY user_id
