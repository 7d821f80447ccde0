/* A quantile of each arm with the ends of its 95 % interval, from order statistics: the ranks are those of
   measure.methods.quantiles.of_values. Each unit counts once. */
SELECT
    r.arm, MAX(r.n) AS n,
    MAX(CASE WHEN r.place = GREATEST(1, LEAST(r.n, CEIL(:share * r.n))) THEN r.value END) AS quantile,
    MAX(CASE WHEN r.place = GREATEST(1, FLOOR((:share - r.half) * r.n)) THEN r.value END) AS low,
    MAX(CASE WHEN r.place = LEAST(r.n, CEIL((:share + r.half) * r.n) + 1) THEN r.value END) AS high
FROM (
    SELECT
        s.arm, s.value, s.place, s.n, :z * SQRT(:share * (1 - :share) / s.n) AS half
    FROM (
        SELECT
            u.arm, COALESCE(m.y, 0) AS value, ROW_NUMBER() OVER (PARTITION BY u.arm ORDER BY COALESCE(m.y, 0)) AS place,
            COUNT(*) OVER (PARTITION BY u.arm) AS n
        FROM units AS u
        LEFT JOIN amounts AS m ON m.seat = u.seat AND m.place = :metric
        WHERE u.is_first = 1 AND u.in_two_arms = 0 AND u.is_outside = 0
    ) AS s
) AS r
GROUP BY r.arm
