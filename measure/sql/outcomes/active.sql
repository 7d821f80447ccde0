-- Users with an event in each week; weeks follow each other, so the week is a matter of arithmetic and not of a join.
SELECT week, COUNT(*) AS users
FROM (
    SELECT DISTINCT CAST(FLOOR((EPOCH(event_time) - EPOCH(:since)) / 604800) AS INTEGER) AS week, user_id
    FROM fct_events
    WHERE event_name = :event AND event_time >= :since AND event_time < :until
) AS came
GROUP BY week
