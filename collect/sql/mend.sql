-- What stays gets the names and types of the plan.
UPDATE slice SET properties = JSON_MERGE_PATCH(slice.properties, p.patch) FROM patches p WHERE p.seq = slice.seq;
UPDATE slice SET event_name = n.event_name
FROM planned_names n
WHERE n.sent_name <> n.event_name AND slice.sent_name = n.sent_name AND slice.type = 'track';
