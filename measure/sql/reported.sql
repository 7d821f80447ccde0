-- What the server knows of the last step, as if each had been reported by its event at once.
SELECT p.period, s.user_id, :step AS step, s.started_at AS event_time, CAST(NULL AS VARCHAR) AS app_version
FROM fct_subscriptions AS s
JOIN periods AS p ON CASE WHEN s.started_at >= p.starts AND s.started_at < p.tail_ends THEN TRUE ELSE FALSE END
JOIN people AS u ON u.user_id = s.user_id
