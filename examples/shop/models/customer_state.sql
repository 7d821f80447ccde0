-- name: customer_state
-- grain: user_id
-- type: string
-- values: browsing, active, lapsed
-- owner: sales
-- freshness: 172800
-- audit: not_null
-- meaning: Whether the customer has never ordered, ordered in the last 30 days, or longer ago.
SELECT
    user_id,
    CASE WHEN orders = 0 THEN 'browsing' WHEN orders_30d > 0 THEN 'active' ELSE 'lapsed' END AS customer_state
FROM customer_orders
