-- Users who reached each step, once a period, and whether they went on and reached the end.
SELECT
    period, step, slice, :dimensions, tenure, CAST(day AS VARCHAR) AS day, app_version,
    CASE WHEN depth > step THEN 1 ELSE 0 END AS went_on,
    CASE WHEN depth >= :last_step THEN 1 ELSE 0 END AS finished
FROM (
    SELECT
        period, step, slice, :dimensions, tenure, day, app_version,
        ROW_NUMBER() OVER (PARTITION BY period, user_id, step ORDER BY event_time, app_version) AS nth,
        MAX(step) OVER (PARTITION BY period, user_id) AS depth
    FROM attempts
    WHERE entry IS NOT NULL
) AS reached
WHERE nth = 1 AND step < :last_step
