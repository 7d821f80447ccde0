-- Users who reached each step and who went on, by period, slice, version and one dimension at a time.
WITH reached AS (
    SELECT
        period, step, slice, country, utm_source, tenure, day, app_version,
        ROW_NUMBER() OVER (PARTITION BY period, user_id, step ORDER BY event_time, app_version) AS nth,
        MAX(step) OVER (PARTITION BY period, user_id) AS depth
    FROM attempts
    WHERE entry IS NOT NULL
),
journeys AS (
    SELECT
        period, step, slice, country, utm_source, tenure, day, app_version,
        CASE WHEN depth > step THEN 1 ELSE 0 END AS went_on
    FROM reached
    WHERE nth = 1
)
SELECT period, step, slice, 'country' AS dimension, country AS value, app_version, COUNT(*) AS entered, SUM(went_on) AS converted
FROM journeys GROUP BY period, step, slice, country, app_version
UNION ALL
SELECT period, step, slice, 'utm_source', utm_source, app_version, COUNT(*), SUM(went_on)
FROM journeys GROUP BY period, step, slice, utm_source, app_version
UNION ALL
SELECT period, step, slice, 'tenure', tenure, app_version, COUNT(*), SUM(went_on)
FROM journeys GROUP BY period, step, slice, tenure, app_version
UNION ALL
SELECT period, step, slice, 'day', CAST(day AS VARCHAR), app_version, COUNT(*), SUM(went_on)
FROM journeys GROUP BY period, step, slice, day, app_version
