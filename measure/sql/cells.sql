-- Users who reached each step and who went on, by period, slice, version and one dimension.
SELECT
    period, step, slice, :dimension AS dimension, CAST(:value AS VARCHAR) AS value, app_version,
    COUNT(*) AS entered, SUM(went_on) AS converted
FROM journeys
GROUP BY period, step, slice, :value, app_version
