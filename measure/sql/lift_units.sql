-- One row a unit with what it got and where it belongs; what is not there is 0.
SELECT
    a.seat, a.scope, a.is_first, a.arm, a.since, CAST(a.since AS DATE) AS day, a.goal_event, a.in_two_arms, a.has_moved, a.is_outside,
    COALESCE(CAST(p.device_os AS TEXT), '') AS platform,
    COALESCE(:reached, 0) AS was_reached, COALESCE(m.was_messaged, 0) AS was_messaged, COALESCE(m.has_bounced, 0) AS has_bounced,
    COALESCE(o.has_unsubscribed, 0) AS has_unsubscribed, COALESCE(o.has_complained, 0) AS has_complained
FROM assigned AS a
LEFT JOIN dim_users AS p ON p.user_id = a.unit
LEFT JOIN messages AS m ON m.seat = a.seat
LEFT JOIN opt_outs AS o ON o.seat = a.seat
