-- Users who were seen on a device that has several, and the one of them whom it named last.
SELECT e.user_id, MIN(k.person) AS person
FROM fct_events AS e
JOIN (
    SELECT anonymous_id, ARG_MAX(user_id, event_time) AS person
    FROM fct_events
    WHERE event_time >= :since AND event_time < :until AND received_at < :until
        AND user_id IS NOT NULL AND anonymous_id IS NOT NULL
    GROUP BY anonymous_id
    HAVING MIN(user_id) <> MAX(user_id)
) AS k ON k.anonymous_id = e.anonymous_id
WHERE e.event_time >= :since AND e.event_time < :until AND e.received_at < :until AND e.user_id IS NOT NULL
GROUP BY e.user_id
