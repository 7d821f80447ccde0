-- What had happened before $at and had arrived by $known; an arrival nobody noted is the event's own time.
SELECT * FROM fct_events WHERE event_time < $at AND COALESCE(received_at, event_time) <= $known
