-- Everybody of an audience, as those whose consent is asked about.
CREATE OR REPLACE TEMP TABLE leased AS
SELECT user_id AS intent_id, user_id, $channel AS channel, $purpose AS purpose FROM candidates
