-- The latest word on each channel that is asked about; of two at the same moment the stricter. 1: granted, 2: not.
SELECT place, pair, CASE latest & 3 WHEN 0 THEN 1 WHEN 3 THEN 0 ELSE 2 END::UTINYINT AS code
FROM (
    SELECT
        u.place, a.place AS pair,
        MAX(epoch_us(c.effective_at) * 4 + CASE WHEN c.status = 'granted' THEN 0 WHEN c.status IS NULL THEN 3 ELSE 2 END) AS latest
    FROM consents_of_users c
    JOIN consents_asked a ON a.purpose = c.purpose AND a.channel = c.channel
    JOIN chunk_users u ON u.user_id = c.user_id
    WHERE c.effective_at <= $as_of
    GROUP BY u.place, a.place
) AS said
