-- What stays gets the names and types of the plan.
UPDATE raw_events SET properties = JSON_MERGE_PATCH(raw_events.properties, p.patch)
FROM patches p WHERE p.seq = raw_events.seq AND raw_events.seq >= GETVARIABLE('first_seq');
UPDATE raw_events SET event_name = n.event_name
FROM planned_names n
WHERE n.sent_name <> n.event_name AND raw_events.sent_name = n.sent_name AND raw_events.type = 'track' AND raw_events.seq >= GETVARIABLE('first_seq');
