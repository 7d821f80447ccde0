-- Whether messages that the warehouse knows have failed.
SELECT message_id, failed_reason IS NOT NULL AS failed
FROM fct_messages
WHERE message_id IN (SELECT unnest($message_ids)) AND sent_at >= $since
