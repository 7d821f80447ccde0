-- A message is ignored when nobody opened it within a day of its delivery.
CREATE OR REPLACE TEMP TABLE outcomes AS
WITH theirs AS (
    SELECT m.*, a.message_class, a.exclusion_group
    FROM (
        SELECT place, m.* FROM fct_messages m JOIN chunk_users u ON u.user_id = m.user_id
        WHERE CAST(m.user_id AS VARCHAR) BETWEEN $first AND $last AND own
        UNION ALL
        SELECT place, m.* FROM fct_messages m JOIN chunk_users u ON u.user_id = m.user_id WHERE NOT own
    ) AS m
    LEFT JOIN action_classes a ON a.action_key = m.action_key
)
SELECT place, action_key, channel, message_class, exclusion_group, 'ignored' AS outcome, delivered_at + INTERVAL 1 DAY AS at
FROM theirs
WHERE delivered_at + INTERVAL 1 DAY < $as_of AND (opened_at IS NULL OR opened_at >= delivered_at + INTERVAL 1 DAY)
    AND (clicked_at IS NULL OR clicked_at >= delivered_at + INTERVAL 1 DAY)
UNION ALL
SELECT place, action_key, channel, message_class, exclusion_group, 'failed', sent_at
FROM theirs
WHERE sent_at < $as_of AND failed_reason IS NOT NULL
UNION ALL
SELECT place, action_key, channel, message_class, exclusion_group, 'clicked', clicked_at
FROM theirs
WHERE clicked_at < $as_of
