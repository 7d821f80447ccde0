-- Decisions of staging whose message was stopped right before it would have gone: their place is free again.
SELECT decision_id FROM fct_messages WHERE failed_reason IS NOT NULL
