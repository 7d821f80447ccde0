-- Every message of these users.
SELECT
    user_id, decision_id, action_key, channel, epoch_us(sent_at), epoch_us(delivered_at), epoch_us(opened_at), epoch_us(clicked_at),
    failed_reason IS NOT NULL AS failed
FROM fct_messages
WHERE user_id IN (SELECT UNNEST($users))
