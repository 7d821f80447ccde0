-- Users who reached each step, once a period, how many of them went on and how many reached the end: by everything that any
-- dimension needs, so that what follows reads few rows.
SELECT
    r.period, r.step, u.slice, :dimensions, CASE WHEN u.signup_at >= p.starts THEN 'new' ELSE 'returning' END AS tenure,
    CAST(r.event_time AS DATE) AS day, r.app_version, COUNT(*) AS users,
    SUM(CASE WHEN d.depth > r.step THEN 1 ELSE 0 END) AS went_on,
    SUM(CASE WHEN d.depth >= :last_step THEN 1 ELSE 0 END) AS finished
FROM (
    SELECT
        period, user_id, step, event_time, app_version,
        ROW_NUMBER() OVER (PARTITION BY period, user_id, step ORDER BY event_time, app_version) AS nth
    FROM attempts
    WHERE step < :last_step
) AS r
JOIN depths AS d ON d.period = r.period AND d.user_id = r.user_id
JOIN people AS u ON u.user_id = r.user_id
JOIN periods AS p ON p.period = r.period
WHERE r.nth = 1
GROUP BY
    r.period, r.step, u.slice, :dimensions, CASE WHEN u.signup_at >= p.starts THEN 'new' ELSE 'returning' END,
    CAST(r.event_time AS DATE), r.app_version
