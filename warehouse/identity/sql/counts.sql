SELECT COUNT(*) FILTER (WHERE seq <= $seq), COUNT(*) FILTER (WHERE seq IS NULL) FROM raw_events
