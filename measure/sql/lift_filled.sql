-- How many units there are by arm, day and platform, and what they got.
SELECT
    MIN(u.seat) AS cell, u.scope, u.is_first, u.arm, u.day, u.platform, u.in_two_arms, u.has_moved, u.is_outside,
    COUNT(*) AS units, MIN(u.since) AS first_since, MIN(u.goal_event) AS goal_event, MAX(u.goal_event) AS last_goal_event,
    SUM(u.was_reached) AS reached, SUM(u.was_messaged) AS messaged, SUM(u.has_bounced) AS bounced,
    SUM(u.has_unsubscribed) AS unsubscribed, SUM(u.has_complained) AS complained
FROM units AS u
GROUP BY u.scope, u.is_first, u.arm, u.day, u.platform, u.in_two_arms, u.has_moved, u.is_outside
