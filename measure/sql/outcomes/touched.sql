-- How many people each touchpoint met in the span.
SELECT COALESCE(policy_key, '') AS policy, CASE WHEN policy_key IS NULL THEN COALESCE(campaign, '') ELSE '' END AS campaign,
    COALESCE(channel, '') AS channel, COUNT(DISTINCT user_id) AS users
FROM fct_messages
WHERE sent_at >= :since AND sent_at < :until AND delivered_at IS NOT NULL
GROUP BY 1, 2, 3
