-- The goal of each unit's own message as something that is counted.
SELECT
    g.goal_event AS event_name, g.goal_event, :place AS place, 1 AS is_y, 0 AS is_x, :is_pre AS is_pre, :by_stretch AS by_stretch,
    0 AS number, 0 AS wrong
FROM goals AS g
