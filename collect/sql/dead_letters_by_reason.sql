/* Why events were not accepted: how many, since when, until when and from where. */
SELECT code, path, COUNT(*) AS events, COUNT(DISTINCT source_id) AS sources, MIN(received_at) AS first_at,
    MAX(received_at) AS last_at, ARG_MAX(message, received_at) AS message
FROM dead_letters
GROUP BY code, path
ORDER BY events DESC, code, path
LIMIT $limit
