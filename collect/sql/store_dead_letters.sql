-- A refused event whole: as it came where the collector refused it (a text where it is no JSON), else put together again from its parts.
INSERT INTO dead_letters BY NAME
SELECT r.message_id, r.received_at, j.stage, j.code, j.path,
    CASE WHEN j.code = 'MISSING_USER' AND j.stage = 'tracking_plan' THEN 'the only id given, ' || r.ignored_ids || ', stands for nobody' ELSE j.message END AS message,
    CASE WHEN r.type IS NULL THEN COALESCE(TRY_CAST(r.rest ->> '$.text' AS JSON), TO_JSON(r.rest ->> '$.text'))
        ELSE JSON_MERGE_PATCH(COALESCE(r.rest, JSON('{}')), JSON_OBJECT(
            'type', r.type, 'messageId', r.message_id, CASE WHEN r.type = 'track' THEN 'event' ELSE 'name' END, r.sent_name,
            'userId', COALESCE(r.user_id, r.ignored_ids), 'anonymousId', r.anonymous_id, 'previousId', r.previous_id, 'groupId', r.group_id,
            'timestamp', r.sent_timestamp, 'originalTimestamp', r.original_timestamp, 'sentAt', r.sent_at,
            'properties', r.properties, 'context', r.context, 'traits', r.traits)) END AS body,
    r.seq, r.source_id, GETVARIABLE('plan_version') AS plan_version, r.body_key, r.message_key
FROM slice r JOIN rejects j ON j.seq = r.seq AND j.verdict = 'dead_letter'
