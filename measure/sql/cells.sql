-- Users who reached each step, who went on and who reached the end, by period, slice, day and one dimension.
SELECT
    period, step, slice, :dimension AS dimension, CAST(:value AS VARCHAR) AS value, day,
    COUNT(*) AS entered, SUM(went_on) AS converted, SUM(finished) AS finished
FROM journeys
GROUP BY period, step, slice, :value, day
