-- Later steps whose earlier step was never seen: a sign that the earlier one is not being sent.
WITH later AS (
    SELECT p.period, p.known_by, e.user_id, e.step, u.slice, e.app_version, MIN(e.event_time) AS event_time
    FROM seen AS e
    JOIN periods AS p
        ON CASE WHEN e.event_time >= p.starts AND e.event_time < p.ends AND e.received_at < p.known_by THEN TRUE ELSE FALSE END
    JOIN people AS u ON u.user_id = e.user_id
    WHERE e.step > 1
    GROUP BY p.period, p.known_by, e.user_id, e.step, u.slice, e.app_version
),
matched AS (
    SELECT
        l.period, l.user_id, l.step, l.slice, l.app_version,
        MAX(CASE WHEN e.user_id IS NULL THEN 0 ELSE 1 END) AS has_earlier
    FROM later AS l
    LEFT JOIN seen AS e
        ON e.user_id = l.user_id AND e.step = l.step - 1 AND e.received_at < l.known_by
        AND e.event_time <= l.event_time AND e.event_time >= l.event_time - :window
    GROUP BY l.period, l.user_id, l.step, l.slice, l.app_version
)
SELECT
    period, slice, step - 1 AS missing_step, app_version,
    COUNT(*) AS with_later, SUM(1 - has_earlier) AS orphans
FROM matched
GROUP BY period, slice, step - 1, app_version
