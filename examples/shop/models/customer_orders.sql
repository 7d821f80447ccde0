-- name: customer_orders
-- kind: staging
-- grain: user_id
-- owner: sales
-- freshness: 172800
-- audit: every_user
-- meaning: What each customer ordered, one row for every customer.
SELECT
    c.customer_id AS user_id,
    COUNT(o.order_id) AS orders,
    COUNT(o.order_id) FILTER (WHERE o.ordered_at >= $as_of - INTERVAL '30' DAY) AS orders_30d,
    COALESCE(SUM(o.total), 0) AS spent,
    MAX(o.ordered_at) AS last_order_at
FROM customers AS c
LEFT JOIN orders AS o ON o.customer_id = c.customer_id AND o.ordered_at < $as_of
GROUP BY c.customer_id
