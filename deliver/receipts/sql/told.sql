-- What receipts say of messages: all that was ever said of each, so that the order in which it came means nothing. The earliest
-- moment counts for what was delivered, opened and clicked; who clicked has opened, and what was opened was delivered. Of a
-- delivery and a bounce the one that happened later holds; nobody opens what bounced.
UPDATE fct_messages SET
    delivered_at = CASE WHEN NOT t.failed THEN least(fct_messages.delivered_at, t.delivered_at) END,
    opened_at = least(fct_messages.opened_at, t.opened_at),
    clicked_at = least(fct_messages.clicked_at, t.clicked_at),
    failed_reason = CASE
        WHEN t.failed THEN COALESCE(t.reason, 'bounced')
        WHEN t.delivered_at IS NULL THEN fct_messages.failed_reason
    END
FROM (
    SELECT
        message_id,
        MIN(moment) FILTER (WHERE kind IN ('delivered', 'opened', 'clicked')) AS delivered_at,
        MIN(moment) FILTER (WHERE kind IN ('opened', 'clicked')) AS opened_at,
        MIN(moment) FILTER (WHERE kind = 'clicked') AS clicked_at,
        MAX({'moment': moment, 'reason': reason}) FILTER (WHERE kind = 'bounced').reason AS reason,
        COUNT(*) FILTER (WHERE kind IN ('opened', 'clicked')) = 0 AND COALESCE(
            MAX(moment) FILTER (WHERE kind = 'bounced') >= COALESCE(MAX(moment) FILTER (WHERE kind = 'delivered'), TIMESTAMP '0001-01-01'),
            FALSE
        ) AS failed
    FROM (
        SELECT unnest($message_ids) AS message_id, unnest($kinds) AS kind, unnest($moments) AS moment, unnest($reasons) AS reason
    ) AS said
    GROUP BY message_id
) AS t
WHERE fct_messages.message_id = t.message_id AND fct_messages.sent_at >= $since
