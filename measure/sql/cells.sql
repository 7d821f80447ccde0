-- Users who reached each step, who went on and who reached the end, by period, slice, day and one dimension after another.
SELECT
    j.period, j.step, j.slice, k.dimension, :value AS value, CAST(j.day AS VARCHAR) AS day,
    SUM(j.users) AS entered, SUM(j.went_on) AS converted, SUM(j.finished) AS finished
FROM journeys AS j
CROSS JOIN kinds AS k
GROUP BY j.period, j.step, j.slice, k.dimension, :value, CAST(j.day AS VARCHAR)
