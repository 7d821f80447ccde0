-- One step by version and day, of one platform: users who took it and who took the next within the window.
SELECT
    a.app_version, a.day, COUNT(*) AS entered, COUNT(n.user_id) AS converted
FROM (
    SELECT user_id, app_version, CAST(event_time AS DATE) AS day
    FROM fct_events
    WHERE event_name = :step AND :in_platform AND event_time >= :since AND event_time < :until AND received_at < :as_of
    GROUP BY user_id, app_version, CAST(event_time AS DATE)
) AS a
LEFT JOIN (
    SELECT DISTINCT s.user_id, CAST(s.event_time AS DATE) AS day
    FROM fct_events AS s
    JOIN fct_events AS f
        ON f.user_id = s.user_id AND f.event_name = :next_step
        AND f.event_time >= s.event_time AND f.event_time <= s.event_time + :window
    WHERE s.event_name = :step AND s.event_time >= :since AND s.event_time < :until
        AND s.received_at < :as_of AND f.received_at < :as_of
) AS n ON n.user_id = a.user_id AND n.day = a.day
GROUP BY a.app_version, a.day
ORDER BY a.day, a.app_version
LIMIT 500
