-- Whose events the moved ones have become, so that traits count these users anew.
INSERT INTO models.touched
SELECT DISTINCT user_id FROM fct_events
WHERE event_time >= (SELECT MIN(since) FROM changed_ids) AND message_id IN (SELECT message_id FROM moved);
