DELETE FROM raw_events WHERE seq >= GETVARIABLE('first_seq') AND seq IN (SELECT j.seq FROM rejects j)
