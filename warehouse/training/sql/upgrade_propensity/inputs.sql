-- What the score of a user who pays for nothing is made of: small whole numbers, each with an end.
SELECT
    user_id,
    LEAST(pricing_30d, 2) AS pricing_views,
    LEAST(checkouts_30d, 3) AS checkouts,
    LEAST(opened_14d, 12) AS visits,
    CASE WHEN signup_at >= $as_of - INTERVAL '7' DAY THEN 1 ELSE 0 END AS first_week,
    CASE WHEN signup_at >= $as_of - INTERVAL '21' DAY THEN 1 ELSE 0 END AS first_three_weeks,
    trialing AS on_trial,
    paid AS paid_before
FROM user_facts
WHERE paying = 0
