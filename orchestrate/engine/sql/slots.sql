-- Messages count from when they were sent, decisions whose message is still on its way from when it may go out.
SELECT m.place, m.sent_at AS at, COALESCE(a.message_class, 'marketing') AS message_class, m.channel, a.exclusion_group, FALSE AS ghost
FROM (
    SELECT place, m.* FROM fct_messages m JOIN chunk_users u ON u.user_id = m.user_id WHERE CAST(m.user_id AS VARCHAR) BETWEEN $first AND $last AND own
    UNION ALL
    SELECT place, m.* FROM fct_messages m JOIN chunk_users u ON u.user_id = m.user_id WHERE NOT own
) AS m
LEFT JOIN action_classes a ON a.action_key = m.action_key
WHERE m.sent_at >= $since AND m.sent_at < $until AND m.failed_reason IS NULL
UNION ALL
SELECT p.place, p.at, COALESCE(a.message_class, 'marketing'), p.channel, a.exclusion_group, p.ghost
FROM past p
LEFT JOIN action_classes a ON a.action_key = p.action_key
WHERE p.at >= $since AND NOT EXISTS (SELECT 1 FROM fct_messages m WHERE m.decision_id = p.decision_id AND m.sent_at < $until)
