-- Intents whose purpose needs consent, and what the user's latest word on it is.
SELECT l.intent_id, s.status
FROM leased l
LEFT JOIN (
    SELECT
        f.user_id, f.purpose, f.channel, f.status,
        ROW_NUMBER() OVER (
            PARTITION BY f.user_id, f.purpose, f.channel
            ORDER BY f.effective_at DESC, CASE f.status WHEN 'granted' THEN 1 ELSE 0 END
        ) AS place
    FROM consents_of_users f
    WHERE f.effective_at <= $now
) s ON s.user_id = l.user_id AND s.purpose = l.purpose AND s.channel = l.channel AND s.place = 1
WHERE l.purpose IS NOT NULL;
