/* What became of the messages that a version of a rule decided on, by action and channel. */
SELECT
    m.action_key, m.channel, COUNT(*) AS sent, COUNT(m.delivered_at) AS delivered, COUNT(m.opened_at) AS opened,
    COUNT(m.clicked_at) AS clicked, COUNT(m.failed_reason) AS failed
FROM fct_messages AS m
JOIN decisions AS d ON d.decision_id = m.decision_id
WHERE d.policy_key = :policy_key AND d.policy_version = :policy_version
GROUP BY m.action_key, m.channel
ORDER BY sent DESC, m.action_key, m.channel
