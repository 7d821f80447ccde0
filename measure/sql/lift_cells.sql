-- Sums of everything that is compared, by arm, day and platform: no row of a person leaves.
SELECT
    c.scope, c.is_first, c.arm, c.day, c.platform, c.in_two_arms, c.has_moved, c.is_outside,
    MAX(c.units) AS units, MIN(c.first_since) AS first_since, MAX(t.total) AS total, MIN(c.goal_event) AS goal_event,
    MAX(c.last_goal_event) AS last_goal_event, MAX(c.reached) AS reached, MAX(c.messaged) AS messaged, MAX(c.bounced) AS bounced,
    MAX(c.unsubscribed) AS unsubscribed, MAX(c.complained) AS complained,
    :sums
FROM filled AS c
CROSS JOIN total AS t
LEFT JOIN sums AS s ON s.cell = c.cell
GROUP BY c.scope, c.is_first, c.arm, c.day, c.platform, c.in_two_arms, c.has_moved, c.is_outside
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
