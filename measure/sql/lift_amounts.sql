/* What each unit comes to on each metric in its time (y), and what goes with it (x): one row a unit and metric, none where it is
   nothing, so that ten metrics of a unit that did three things cost three rows. */
SELECT
    g.seat, g.place, CASE WHEN g.place IN (:reached) THEN LEAST(g.y, 1) ELSE g.y END AS y,
    CASE WHEN g.place IN (:reached) THEN LEAST(g.x, 1) ELSE g.x END AS x, g.bad
FROM (
    SELECT
        e.seat, c.place + c.by_stretch * e.part AS place,
        SUM(CASE WHEN c.is_y = 1 AND e.part >= 0 THEN :amount ELSE 0 END) AS y,
        SUM(CASE WHEN (c.is_x = 1 AND e.part >= 0) OR (c.is_pre = 1 AND e.part < 0) THEN :amount ELSE 0 END) AS x,
        SUM(CASE WHEN e.part >= 0 THEN :wrong ELSE 0 END) AS bad
    FROM acts AS e
    JOIN counted AS c ON c.event_name = e.event_name AND (c.goal_event IS NULL OR c.goal_event = e.goal_event)
    WHERE c.by_stretch = 0 OR (e.part >= 0 AND e.part < :stretches)
    GROUP BY e.seat, c.place + c.by_stretch * e.part
) AS g
