-- Messages of each policy in a span, and how many of them a provider did not take.
SELECT
    policy_key, COUNT(CASE WHEN failed_reason IS NULL THEN 1 END) AS messages,
    COUNT(failed_reason) AS failed, COUNT(opened_at) AS opened
FROM fct_messages
WHERE sent_at >= :since AND sent_at < :until
GROUP BY policy_key
ORDER BY policy_key
