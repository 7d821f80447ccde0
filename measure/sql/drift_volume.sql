-- Events a day as known so long after its end as the last one is now.
SELECT
    e.event_name, CAST(e.event_time AS DATE) AS day, e.device_os, e.app_version, COUNT(*) AS events
FROM fct_events AS e
WHERE e.event_time >= :starts AND e.event_time < :ends
    AND e.received_at < CAST(CAST(e.event_time AS DATE) AS TIMESTAMP) + INTERVAL '1' DAY + :lag
GROUP BY e.event_name, CAST(e.event_time AS DATE), e.device_os, e.app_version
