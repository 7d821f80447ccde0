-- name: momentum_score
-- grain: user_id
-- type: number
-- owner: data
-- freshness: 86400
-- audit: not_null
-- audit: range 0 .. 100
-- meaning: How well workouts are going, 0 to 100: 40 for twelve workouts in 28 days, 30 for a streak of four weeks, 30 for sessions of half an hour.
SELECT
    user_id,
    CAST(ROUND(
        40.0 * LEAST(workouts_28d / 12.0, 1.0)
        + 30.0 * CASE
            WHEN workouts_7d = 0 THEN 0
            WHEN workouts_14d = workouts_7d THEN 1
            WHEN workouts_21d = workouts_14d THEN 2
            WHEN workouts_28d = workouts_21d THEN 3
            ELSE 4
        END / 4.0
        + 30.0 * LEAST(COALESCE(workout_ms_28d / 1000.0 / NULLIF(timed_workouts_28d, 0), 0) / 1800.0, 1.0), 1) AS DOUBLE) AS momentum_score
FROM user_facts
