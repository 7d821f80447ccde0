-- name: preferred_workout_type
-- grain: user_id
-- type: string
-- values: strength, cardio, yoga, hiit, mobility, none
-- owner: data
-- freshness: 86400
-- audit: not_null
-- meaning: The workout type completed most, a save counting half; none without either, ties by name.
SELECT
    user_id,
    CASE GREATEST(cardio_points, hiit_points, mobility_points, strength_points, yoga_points)
        WHEN 0 THEN 'none'
        WHEN cardio_points THEN 'cardio'
        WHEN hiit_points THEN 'hiit'
        WHEN mobility_points THEN 'mobility'
        WHEN strength_points THEN 'strength'
        ELSE 'yoga'
    END AS preferred_workout_type
FROM user_facts
