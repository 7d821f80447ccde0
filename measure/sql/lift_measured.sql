-- One row a unit with everything measured of it; what is not there is 0.
SELECT
    a.unit, a.scope, a.is_first, a.arm, a.since, a.goal_event, a.in_two_arms, a.has_moved, a.is_outside,
    COALESCE(CAST(p.device_os AS TEXT), '') AS platform,
    COALESCE(:reached, 0) AS was_reached, COALESCE(m.was_messaged, 0) AS was_messaged, COALESCE(m.has_bounced, 0) AS has_bounced,
    COALESCE(o.has_unsubscribed, 0) AS has_unsubscribed, COALESCE(o.has_complained, 0) AS has_complained,
    :numbers
FROM assigned AS a
LEFT JOIN dim_users AS p ON p.user_id = a.unit
LEFT JOIN facts AS f ON f.seat = a.seat
LEFT JOIN messages AS m ON m.seat = a.seat
LEFT JOIN opt_outs AS o ON o.seat = a.seat
