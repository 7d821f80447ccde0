-- How many messages of staging wait for the end of quiet hours.
SELECT COUNT(*) FROM intents AS i WHERE i.not_before > $now
