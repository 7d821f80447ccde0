-- name: activation_state
-- grain: user_id
-- type: string
-- values: new, activated, committed, at_risk, retained
-- owner: data
-- freshness: 86400
-- meaning: Where the user stands between sign-up and habit.
WITH workouts AS (
    SELECT
        user_id,
        COUNT(*) AS completed,
        COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '14' DAY) AS recent
    FROM fct_events
    WHERE event_name = 'workout_completed' AND event_time < $as_of
    GROUP BY user_id
)
SELECT
    u.user_id,
    CASE
        WHEN COALESCE(w.recent, 0) = 0 AND u.signup_at < $as_of - INTERVAL '14' DAY THEN 'at_risk'
        WHEN COALESCE(w.completed, 0) = 0 THEN 'new'
        WHEN w.completed >= 8 AND u.signup_at < $as_of - INTERVAL '60' DAY THEN 'retained'
        WHEN w.recent >= 3 THEN 'committed'
        ELSE 'activated'
    END AS activation_state
FROM dim_users AS u
LEFT JOIN workouts AS w ON w.user_id = u.user_id
WHERE u.merged_into IS NULL
