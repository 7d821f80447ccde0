-- The goal events, once each however often this runs.
INSERT INTO fct_events
SELECT
    r.goal_at, r.user_id, CAST($goal_event AS VARCHAR),
    CAST(CASE $goal_event
        WHEN 'subscription_started' THEN '{"plan":"monthly","price":12.99}'
        WHEN 'workout_completed' THEN '{"workout_type":"strength","duration_seconds":1200}'
        ELSE '{}' END AS JSON),
    r.message_id, NULL, r.goal_at + INTERVAL 2 SECOND, u.device_os, u.app_version
FROM reacting r JOIN dim_users u ON u.user_id = r.user_id
WHERE r.converts AND NOT EXISTS (SELECT 1 FROM fct_events e WHERE e.message_id = r.message_id)
ORDER BY r.goal_at, r.user_id;
