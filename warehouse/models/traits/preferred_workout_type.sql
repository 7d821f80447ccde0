-- name: preferred_workout_type
-- grain: user_id
-- type: string
-- values: strength, cardio, yoga, hiit, mobility, none
-- owner: data
-- freshness: 86400
-- meaning: The workout type completed most, a save counting half; none without either, ties by name.
WITH liked AS (
    SELECT
        user_id,
        properties ->> '$.workout_type' AS workout_type,
        SUM(CASE WHEN event_name = 'workout_completed' THEN 2 ELSE 1 END) AS points
    FROM fct_events
    WHERE event_name IN ('workout_completed', 'workout_saved') AND event_time < $as_of
    GROUP BY user_id, properties ->> '$.workout_type'
),
ranked AS (
    SELECT
        user_id, workout_type,
        ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY points DESC, workout_type) AS place
    FROM liked
    WHERE workout_type IS NOT NULL
)
SELECT u.user_id, COALESCE(r.workout_type, 'none') AS preferred_workout_type
FROM dim_users AS u
LEFT JOIN ranked AS r ON r.user_id = u.user_id AND r.place = 1
WHERE u.merged_into IS NULL
