SELECT COUNT(*) FROM (SELECT DISTINCT person, session FROM radar_sent)
