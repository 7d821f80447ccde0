-- Messages of each policy by channel, to those whose horizon is over.
SELECT policy_key, COALESCE(channel, '') AS channel, COUNT(*) AS messages
FROM fct_messages
WHERE policy_key IS NOT NULL AND sent_at + :horizon <= :as_of AND failed_reason IS NULL
GROUP BY 1, 2
ORDER BY 1, 2
