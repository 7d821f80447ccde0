-- How many messages count under each cap already, and how many that ghosts would have got.
SELECT
    l.place, w.cap, CAST(COUNT(*) FILTER (WHERE NOT l.ghost) AS INTEGER) AS real,
    CAST(COUNT(*) FILTER (WHERE l.ghost) AS INTEGER) AS ghosts
FROM ledger l
JOIN cap_windows w ON w.zone = l.zone AND l.at >= w.begins AND l.at < w.ends
    AND (w.message_class IS NULL OR w.message_class = l.message_class)
    AND (w.channel IS NULL OR w.channel = l.channel)
    AND (w.exclusion_group IS NULL OR w.exclusion_group = l.exclusion_group)
GROUP BY l.place, w.cap
