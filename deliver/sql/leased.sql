-- The intents in hand, with what the warehouse knows of their users at the moment of sending.
CREATE OR REPLACE TEMP TABLE leased AS
SELECT
    unnest($intent_ids) AS intent_id, unnest($user_ids) AS user_id, unnest($channels) AS channel, unnest($purposes) AS purpose;
