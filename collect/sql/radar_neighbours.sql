-- What people do right before and right after an event, in the same half hour; the event itself again is '='.
WITH beside AS (
    SELECT name, LEAD(name) OVER w AS next, LAG(name) OVER w AS previous FROM radar_sent WINDOW w AS (PARTITION BY person, session ORDER BY told_at, seq, message_id)
),
told AS (
    SELECT name, 'next' AS side, next AS neighbour FROM beside UNION ALL SELECT name, 'previous', previous FROM beside
)
SELECT name, side, CASE WHEN neighbour = name THEN '=' ELSE COALESCE(neighbour, '') END AS neighbour, COUNT(*) AS events
FROM told
GROUP BY ALL
