-- When events say they happened against when they arrived, by platform, version and event.
SELECT
    e.device_os AS platform, e.app_version, e.event_name, COUNT(*) AS events,
    MIN(DATE_DIFF('second', e.event_time, e.received_at)) AS shortest_lag_seconds,
    MEDIAN(DATE_DIFF('second', e.event_time, e.received_at)) AS median_lag_seconds,
    SUM(CASE WHEN e.event_time > e.received_at THEN 1 ELSE 0 END) AS before_they_happened
FROM fct_events AS e
WHERE e.event_name IN (:names) AND e.event_time >= :since AND e.received_at < :as_of
GROUP BY e.device_os, e.app_version, e.event_name
ORDER BY before_they_happened DESC, events DESC
LIMIT 500
