-- Messages that a destination took back reached nobody; of one that was delivered all the same a receipt says so.
UPDATE fct_messages SET failed_reason = 'taken back'
WHERE message_id IN (SELECT unnest($message_ids)) AND failed_reason IS NULL AND delivered_at IS NULL;
