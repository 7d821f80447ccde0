INSERT INTO raw_events BY NAME
SELECT a.message_id, a.type, COALESCE(j.event_name, a.name) AS event_name, a.user_id, a.anonymous_id, a.event_time, a.received_at,
    CASE WHEN p.patch IS NULL THEN a.properties ELSE JSON_MERGE_PATCH(a.properties, p.patch) END AS properties,
    a.device_os, a.app_version, a.seq, a.source_id, a.name AS sent_name, a.sent_timestamp, a.original_timestamp, a.sent_at,
    a.time_source, a.clock_skew_ms, a.previous_id, a.group_id, a.ignored_ids, a.request_ip, a.context, a.traits, a.rest,
    r.plan_version, a.body_sha, a.message_key
FROM arrived a
JOIN judged j ON j.seq = a.seq AND j.verdict = 'stored'
LEFT JOIN patches p ON p.seq = a.seq
CROSS JOIN rules r
