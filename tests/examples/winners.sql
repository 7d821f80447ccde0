-- Who gets which message, by hand over the tables of the shop.
WITH people AS (
    SELECT
        c.*, EXISTS (FROM support_cases AS s WHERE s.customer_id = c.customer_id AND s.state = 'open') AS has_open,
        EXISTS (FROM support_cases AS s WHERE s.customer_id = c.customer_id AND s.state = 'pending') AS has_pending,
        (SELECT COUNT(*) FROM orders AS o WHERE o.customer_id = c.customer_id) AS orders,
        (SELECT MAX(ordered_at) FROM orders AS o WHERE o.customer_id = c.customer_id) AS last_order,
        EXISTS (
            FROM page_views AS v
            WHERE v.customer_id = c.customer_id AND v.page = 'cart' AND v.viewed_at >= :now - INTERVAL 7 DAY
        ) AS saw_cart,
        EXISTS (
            FROM page_views AS v JOIN orders AS o ON o.customer_id = v.customer_id
            WHERE v.customer_id = c.customer_id AND v.page = 'cart' AND o.ordered_at > v.viewed_at
                AND o.ordered_at <= v.viewed_at + INTERVAL 1 DAY
        ) AS ordered_from_cart
    FROM customers AS c
    WHERE c.country = 'AT'
)
SELECT
    CAST(customer_id AS VARCHAR),
    CASE
        WHEN has_pending THEN NULL
        WHEN has_open THEN 'support_follow_up'
        WHEN saw_cart AND NOT ordered_from_cart AND newsletter_opt_in AND email IS NOT NULL THEN 'cart_reminder'
        WHEN orders >= 1 AND last_order < :now - INTERVAL 30 DAY THEN 'win_back'
        WHEN orders = 0 THEN 'first_order'
    END AS winner
FROM people
