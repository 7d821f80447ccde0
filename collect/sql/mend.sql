-- What stays gets the names and types of the plan.
UPDATE raw_events SET properties = JSON_MERGE_PATCH(raw_events.properties, p.patch)
FROM patches p WHERE p.seq = raw_events.seq AND raw_events.seq >= GETVARIABLE('first_seq')
