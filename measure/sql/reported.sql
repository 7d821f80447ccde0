-- What the server knows of the last step, as if each had been reported by its event at once.
SELECT
    p.period, s.user_id, :step AS step, s.started_at AS event_time, CAST(NULL AS VARCHAR) AS app_version,
    CAST(NULL AS TIMESTAMP) AS entry
FROM fct_subscriptions AS s
JOIN periods AS p ON s.started_at >= p.starts AND s.started_at < p.tail_ends
JOIN people AS u ON u.user_id = s.user_id
