-- What units did of all that is counted, in their time and before it: one pass over the events.
SELECT a.seat, e.event_name, a.goal_event, :columns
FROM assigned AS a
JOIN fct_events AS e ON e.user_id = a.unit AND e.event_time >= a.since - :pre AND e.event_time < a.until
WHERE e.event_name IN (SELECT c.event_name FROM counted AS c)
