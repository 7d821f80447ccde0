-- name: activation_state
-- grain: user_id
-- type: string
-- values: new, activated, committed, at_risk, retained
-- owner: data
-- freshness: 86400
-- audit: not_null
-- meaning: Where the user stands between sign-up and habit.
SELECT
    user_id,
    CASE
        WHEN workouts_14d = 0 AND signup_at < $as_of - INTERVAL '14' DAY THEN 'at_risk'
        WHEN workouts = 0 THEN 'new'
        WHEN workouts >= 8 AND signup_at < $as_of - INTERVAL '60' DAY THEN 'retained'
        WHEN workouts_14d >= 3 THEN 'committed'
        ELSE 'activated'
    END AS activation_state
FROM user_facts
