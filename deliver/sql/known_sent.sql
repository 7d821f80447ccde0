-- Which of some messages the warehouse knows to have left.
SELECT message_id FROM fct_messages WHERE message_id IN (SELECT unnest($message_ids));
