SELECT name, COALESCE(os, 'unknown') AS platform, COUNT(*) AS events FROM radar_all GROUP BY ALL ORDER BY name, events DESC, platform
