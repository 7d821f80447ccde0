-- The latest word of each user on each channel by now, of two at the same moment the stricter (the last two bits: 0 granted,
-- 3 nothing, 2 any other), and when the next one holds.
SELECT
    user_id, purpose, channel, MAX(CASE WHEN effective_at <= $as_of THEN word END) AS word,
    MIN(CASE WHEN effective_at > $as_of THEN epoch_us(effective_at) END) AS next
FROM (
    SELECT c.*, epoch_us(c.effective_at) * 4 + CASE WHEN c.status = 'granted' THEN 0 WHEN c.status IS NULL THEN 3 ELSE 2 END AS word
    FROM consents_of_users c
    WHERE c.user_id IN (SELECT UNNEST($users))
) AS said
GROUP BY user_id, purpose, channel
