/* When a user first did something in a stretch of time, and how often. */
SELECT MIN(e.event_time) AS first_at, COUNT(*) AS times
FROM fct_events AS e
WHERE e.user_id = :user_id AND e.event_name = :goal_event AND e.event_time > :since AND e.event_time < :until
