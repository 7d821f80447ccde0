-- The latest word on each channel that is asked about; of two at the same moment the stricter. 1: granted, 2: not. What was
-- said under an id that was merged since takes consent away, as any later word does, but gives none.
SELECT place, pair, CASE CASE WHEN latest & 3 = 0 THEN own & 3 ELSE latest & 3 END WHEN 0 THEN 1 WHEN 2 THEN 2 ELSE 0 END::UTINYINT AS code
FROM (
    SELECT place, pair, MAX(said) AS latest, MAX(said) FILTER (WHERE own) AS own
    FROM (
        SELECT
            u.place, u.own, a.place AS pair,
            epoch_us(c.effective_at) * 4 + CASE WHEN c.status = 'granted' THEN 0 WHEN c.status IS NULL THEN 3 ELSE 2 END AS said
        FROM consents_of_users c
        JOIN consents_asked a ON a.purpose = c.purpose AND a.channel = c.channel
        JOIN chunk_users u ON u.user_id = c.user_id
        WHERE c.effective_at <= $as_of
    ) AS words
    GROUP BY place, pair
) AS said
