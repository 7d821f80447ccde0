-- Intents whose purpose needs consent, and what their user's latest word on it is; of two at the same moment the stricter. As
-- when it was decided: what was said under an id that was merged since takes consent away, as any later word does, but gives
-- none. An intent of such an id goes by its person.
SELECT intent_id, CASE CASE WHEN latest & 3 = 0 THEN own & 3 ELSE latest & 3 END WHEN 0 THEN 'granted' WHEN 2 THEN 'not granted' END AS status
FROM (
    SELECT l.intent_id, MAX(w.said) AS latest, MAX(w.said) FILTER (WHERE w.own) AS own
    FROM (
        SELECT l.intent_id, l.purpose, l.channel, COALESCE(f.person, l.user_id) AS person
        FROM leased l LEFT JOIN former_ids f ON f.user_id = l.user_id
        WHERE l.purpose IS NOT NULL
    ) AS l
    LEFT JOIN (
        SELECT
            COALESCE(f.person, c.user_id) AS person, f.person IS NULL AS own, c.purpose, c.channel,
            epoch_us(c.effective_at) * 4 + CASE WHEN c.status = 'granted' THEN 0 WHEN c.status IS NULL THEN 3 ELSE 2 END AS said
        FROM consents_of_users c LEFT JOIN former_ids f ON f.user_id = c.user_id
        WHERE c.effective_at <= $now
    ) AS w ON w.person = l.person AND w.purpose = l.purpose AND w.channel = l.channel
    GROUP BY l.intent_id
) AS said
