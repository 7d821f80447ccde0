-- name: momentum_score
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- meaning: How well workouts are going, 0 to 100: 40 for twelve workouts in 28 days, 30 for a streak of four weeks, 30 for sessions of half an hour.
WITH workouts AS (
    SELECT
        user_id,
        COUNT(*) AS completed,
        AVG(CAST(properties ->> '$.duration_seconds' AS DOUBLE)) AS duration,
        COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '7' DAY) AS week_1,
        COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '14' DAY AND event_time < $as_of - INTERVAL '7' DAY) AS week_2,
        COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '21' DAY AND event_time < $as_of - INTERVAL '14' DAY) AS week_3,
        COUNT(*) FILTER (WHERE event_time < $as_of - INTERVAL '21' DAY) AS week_4
    FROM fct_events
    WHERE event_name = 'workout_completed' AND event_time >= $as_of - INTERVAL '28' DAY AND event_time < $as_of
    GROUP BY user_id
),
streaks AS (
    SELECT
        user_id, completed, duration,
        CASE WHEN week_1 = 0 THEN 0 WHEN week_2 = 0 THEN 1 WHEN week_3 = 0 THEN 2 WHEN week_4 = 0 THEN 3 ELSE 4 END AS streak
    FROM workouts
)
SELECT
    u.user_id,
    CAST(ROUND(
        40.0 * LEAST(COALESCE(s.completed, 0) / 12.0, 1.0)
        + 30.0 * COALESCE(s.streak, 0) / 4.0
        + 30.0 * LEAST(COALESCE(s.duration, 0) / 1800.0, 1.0), 1) AS DOUBLE) AS momentum_score
FROM dim_users AS u
LEFT JOIN streaks AS s ON s.user_id = u.user_id
WHERE u.merged_into IS NULL
