-- Sums and products of each metric by arm, day and platform.
SELECT
    c.cell, m.place, SUM(m.y) AS y, SUM(m.y * m.y) AS yy, SUM(m.x) AS x, SUM(m.x * m.x) AS xx, SUM(m.x * m.y) AS xy,
    SUM(m.y * u.was_reached) AS ya, SUM(m.bad) AS bad
FROM amounts AS m
JOIN units AS u ON u.seat = m.seat
JOIN filled AS c
    ON c.scope = u.scope AND c.is_first = u.is_first AND c.arm = u.arm AND c.day = u.day
    AND c.platform = u.platform AND c.in_two_arms = u.in_two_arms AND c.has_moved = u.has_moved AND c.is_outside = u.is_outside
GROUP BY c.cell, m.place
