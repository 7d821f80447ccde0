-- How many units of each arm are in which arm of another experiment.
SELECT a.arm, b.arm AS other_arm, COUNT(*) AS units
FROM assigned AS a
JOIN other AS b ON b.unit = a.unit
WHERE a.is_first = 1 AND b.is_first = 1
GROUP BY a.arm, b.arm
ORDER BY 1, 2
