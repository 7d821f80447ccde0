-- Events of known users, for traits, rules and funnels; those of devices alone stay in raw_events.
INSERT INTO fct_events BY NAME
SELECT e.event_time, e.user_id, e.event_name, e.properties, e.message_id, e.anonymous_id, e.received_at, e.device_os, e.app_version
FROM slice e
WHERE e.type = 'track' AND e.user_id IS NOT NULL
ORDER BY e.event_time, e.seq
