-- By how many seconds the promptest twentieth of a version's events arrives after it says to have happened.
SELECT
    CASE WHEN e.event_time >= :current THEN 1 ELSE 0 END AS is_current, u.slice, e.event_name, e.app_version,
    COUNT(*) AS events, QUANTILE_CONT(DATE_DIFF('second', e.event_time, e.received_at), 0.05) AS lag
FROM fct_events AS e
JOIN steps AS s ON s.event_name = e.event_name
JOIN people AS u ON u.user_id = e.user_id
WHERE e.event_time >= :since AND e.received_at < :until
GROUP BY CASE WHEN e.event_time >= :current THEN 1 ELSE 0 END, u.slice, e.event_name, e.app_version
