-- Consent that receipts withdraw; what is on record is not written twice.
SELECT DISTINCT w.user_id, w.purpose, w.channel, 'withdrawn' AS status, w.effective_at, $observed_at AS observed_at, w.source
FROM (
    SELECT
        unnest($user_ids) AS user_id, unnest($purposes) AS purpose, unnest($channels) AS channel,
        unnest($moments) AS effective_at, unnest($sources) AS source
) AS w
WHERE NOT EXISTS (
    SELECT 1
    FROM consents_of_users c
    WHERE c.user_id = w.user_id AND c.purpose = w.purpose AND c.channel = w.channel AND c.status = 'withdrawn'
        AND c.effective_at = w.effective_at
)
