-- Every funnel event since the first period, whoever sent it.
SELECT e.user_id, s.step, e.event_time, e.received_at, e.app_version
FROM fct_events AS e
JOIN steps AS s ON s.event_name = e.event_name
WHERE e.event_time >= :since AND e.event_time < :until
