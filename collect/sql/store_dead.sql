-- A refused event whole: as it came where the collector refused it (a text where it is no JSON), else put together again from its parts.
INSERT INTO dead_letters BY NAME
SELECT a.message_id, a.received_at, j.stage, j.code, j.path, j.message,
    COALESCE(TRY_CAST(a.text AS JSON), TO_JSON(a.text), JSON_MERGE_PATCH(a.rest, JSON_OBJECT(
        'type', a.type, 'messageId', a.message_id, CASE WHEN a.type = 'track' THEN 'event' ELSE 'name' END, a.name,
        'userId', COALESCE(a.user_id, a.ignored_ids), 'anonymousId', a.anonymous_id, 'previousId', a.previous_id, 'groupId', a.group_id,
        'timestamp', a.sent_timestamp, 'originalTimestamp', a.original_timestamp, 'sentAt', a.sent_at,
        'properties', a.properties, 'context', a.context, 'traits', a.traits))) AS body,
    a.seq, a.source_id, r.plan_version, a.body_sha
FROM arrived a
JOIN judged j ON j.seq = a.seq AND j.verdict = 'dead_letter'
CROSS JOIN rules r
ORDER BY a.seq
