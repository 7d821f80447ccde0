SELECT message_id, received_at, stage, code, path, message, source_id, plan_version, body
FROM dead_letters
ORDER BY received_at DESC, seq DESC, message_id
LIMIT $limit
