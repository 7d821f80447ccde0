-- Who began to pay in the 14 days from $at on. Billing says so, not the app.
SELECT DISTINCT user_id
FROM fct_subscriptions
WHERE started_at >= $at AND started_at < $at + INTERVAL '14' DAY
