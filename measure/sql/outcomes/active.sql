-- Users with an event in each week.
SELECT w.week, COUNT(DISTINCT e.user_id) AS users
FROM fct_events AS e
JOIN weeks AS w ON e.event_time >= w.starts AND e.event_time < w.ends
WHERE e.event_name = :event
GROUP BY w.week
