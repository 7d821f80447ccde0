-- Users who reached each step, once a period, and whether they went on and reached the end.
SELECT
    r.period, r.step, u.slice, :dimensions, CASE WHEN u.signup_at >= p.starts THEN 'new' ELSE 'returning' END AS tenure,
    CAST(CAST(r.event_time AS DATE) AS VARCHAR) AS day, r.app_version,
    CASE WHEN r.depth > r.step THEN 1 ELSE 0 END AS went_on,
    CASE WHEN r.depth >= :last_step THEN 1 ELSE 0 END AS finished
FROM (
    SELECT
        period, user_id, step, event_time, app_version,
        ROW_NUMBER() OVER (PARTITION BY period, user_id, step ORDER BY event_time, app_version) AS nth,
        MAX(step) OVER (PARTITION BY period, user_id) AS depth
    FROM attempts
    WHERE entry IS NOT NULL
) AS r
JOIN people AS u ON u.user_id = r.user_id
JOIN periods AS p ON p.period = r.period
WHERE r.nth = 1 AND r.step < :last_step
