SELECT COUNT(*) FROM raw_events WHERE seq >= $first
