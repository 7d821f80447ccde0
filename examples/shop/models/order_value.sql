-- name: order_value
-- grain: user_id
-- type: number
-- owner: sales
-- freshness: 172800
-- audit: not_null
-- audit: range 0 ..
-- meaning: What the customer's orders came to so far.
SELECT
    user_id,
    CAST(ROUND(spent, 2) AS DOUBLE) AS order_value
FROM customer_orders
