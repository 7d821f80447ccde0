-- The messages that reached some users, and when each did last.
SELECT policy_key, action_key, channel, user_id, MAX(sent_at)
FROM fct_messages
WHERE user_id IN (SELECT unnest($users)) AND failed_reason IS NULL
GROUP BY policy_key, action_key, channel, user_id
