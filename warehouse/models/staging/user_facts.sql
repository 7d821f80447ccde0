-- name: user_facts
-- kind: staging
-- grain: user_id
-- owner: data
-- freshness: 86400
-- audit: every_user
-- meaning: All that traits read of a user, one row for every canonical user: events, tickets and plans.
SELECT
    u.user_id,
    u.signup_at,
    COALESCE(e.workouts, 0) AS workouts,
    COALESCE(e.workouts_7d, 0) AS workouts_7d,
    COALESCE(e.workouts_14d, 0) AS workouts_14d,
    COALESCE(e.workouts_21d, 0) AS workouts_21d,
    COALESCE(e.workouts_28d, 0) AS workouts_28d,
    COALESCE(e.workout_ms_28d, 0) AS workout_ms_28d,
    COALESCE(e.timed_workouts_28d, 0) AS timed_workouts_28d,
    e.last_opened_at,
    COALESCE(e.opened_14d, 0) AS opened_14d,
    COALESCE(e.opened_28d, 0) AS opened_28d,
    COALESCE(e.pricing_30d, 0) AS pricing_30d,
    COALESCE(e.compared_30d, 0) AS compared_30d,
    COALESCE(e.checkouts_30d, 0) AS checkouts_30d,
    COALESCE(e.cardio_points, 0) AS cardio_points,
    COALESCE(e.hiit_points, 0) AS hiit_points,
    COALESCE(e.mobility_points, 0) AS mobility_points,
    COALESCE(e.strength_points, 0) AS strength_points,
    COALESCE(e.yoga_points, 0) AS yoga_points,
    COALESCE(t.trouble, 0) AS trouble,
    p.user_id IS NOT NULL AS had_plan,
    COALESCE(p.paying, 0) AS paying,
    COALESCE(p.paid, 0) AS paid,
    COALESCE(p.trialing, 0) AS trialing,
    COALESCE(p.revenue, 0) AS revenue
FROM dim_users AS u
LEFT JOIN user_events AS e ON e.user_id = u.user_id
LEFT JOIN user_tickets AS t ON t.user_id = u.user_id
LEFT JOIN user_plans AS p ON p.user_id = u.user_id
WHERE u.merged_into IS NULL
