-- Users who took a step, and those among them whom it failed, by version and error.
WITH tried AS (
    SELECT p.period, e.user_id, u.slice, e.app_version, e.event_name, :message AS error
    FROM fct_events AS e
    JOIN periods AS p
        ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
    JOIN people AS u ON u.user_id = e.user_id
    WHERE e.event_time >= :since AND e.event_time < :until AND e.event_name IN (:started, :failed)
)
SELECT
    period, slice, app_version, CASE WHEN event_name = :failed THEN COALESCE(error, 'no error given') END AS error,
    COUNT(DISTINCT user_id) AS users
FROM tried
GROUP BY period, slice, app_version, CASE WHEN event_name = :failed THEN COALESCE(error, 'no error given') END
