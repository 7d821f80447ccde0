-- One clock: a message opened later had not been opened yet.
SELECT * REPLACE (
    CASE WHEN delivered_at < $at THEN delivered_at END AS delivered_at,
    CASE WHEN opened_at < $at THEN opened_at END AS opened_at,
    CASE WHEN clicked_at < $at THEN clicked_at END AS clicked_at
)
FROM fct_messages
WHERE sent_at < $at
