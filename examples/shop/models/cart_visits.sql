-- name: cart_visits
-- grain: user_id
-- type: integer
-- owner: web
-- freshness: 172800
-- audit: not_null
-- audit: range 0 ..
-- meaning: How often the customer looked at the cart in the last 14 days.
SELECT
    c.customer_id AS user_id,
    COUNT(e.event_time) AS cart_visits
FROM customers AS c
LEFT JOIN events AS e
    ON e.user_id = c.customer_id AND e.event_name = 'cart_viewed'
    AND e.event_time >= $as_of - INTERVAL '14' DAY AND e.event_time < $as_of
GROUP BY c.customer_id
