-- Which plan a payment was for, so that the event can tell.
CREATE OR REPLACE TEMP TABLE paid_plans AS
SELECT p.ordinal, s.started_at, any_value(s.plan) AS plan, any_value(s.price) AS price
FROM new_fct_subscriptions s JOIN people p ON p.user_id = s.user_id WHERE s.started_at IS NOT NULL GROUP BY p.ordinal, s.started_at;
