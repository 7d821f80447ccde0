-- Every word on the channels that are asked about, as one number: its moment, then what was said, the stricter being more.
SELECT
    c.place, a.place AS pair, c.own, epoch_us(c.effective_at) * 4 + CASE WHEN c.status = 'granted' THEN 0 WHEN c.status IS NULL THEN 3 ELSE 2 END AS said
FROM (
    SELECT place, own, c.* FROM consents_of_users c JOIN chunk_users u ON u.user_id = c.user_id
    WHERE CAST(c.user_id AS VARCHAR) BETWEEN $first AND $last AND own
    UNION ALL
    SELECT place, own, c.* FROM consents_of_users c JOIN chunk_users u ON u.user_id = c.user_id WHERE NOT own
) AS c
JOIN consents_asked a ON a.purpose = c.purpose AND a.channel = c.channel
WHERE c.effective_at <= $as_of
