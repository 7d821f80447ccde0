-- Sums of everything that is compared, by arm, day and platform: no row of a person leaves.
SELECT
    u.scope, u.is_first, u.arm, CAST(u.since AS DATE) AS day, u.platform, u.in_two_arms, u.has_moved, u.is_outside,
    COUNT(*) AS units, MIN(u.since) AS first_since, MAX(t.total) AS total,
    MIN(u.goal_event) AS goal_event, MAX(u.goal_event) AS last_goal_event,
    SUM(u.was_reached) AS reached, SUM(u.was_messaged) AS messaged, SUM(u.has_bounced) AS bounced,
    SUM(u.has_unsubscribed) AS unsubscribed, SUM(u.has_complained) AS complained,
    :sums
FROM measured AS u
CROSS JOIN total AS t
GROUP BY u.scope, u.is_first, u.arm, CAST(u.since AS DATE), u.platform, u.in_two_arms, u.has_moved, u.is_outside
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
