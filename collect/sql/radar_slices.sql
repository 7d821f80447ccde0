-- Where and when each event is sent: app, version, source and week.
SELECT name, COALESCE(os, '') || '/' || COALESCE(version, '') || '/' || COALESCE(source, '') || '/' || CAST(DATE_TRUNC('week', told_at) AS DATE) AS slice,
    COUNT(*) AS events
FROM radar_sent
GROUP BY ALL
