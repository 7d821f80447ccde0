-- An outdoor shop over half a year, made of hashes. Untidy on purpose: missing countries and tiers,
-- staff among the customers, cases that were reopened, rows dated after the moment of decision.
CREATE MACRO r(k, s) AS (hash(k || '/' || s) % 1000000) / 1000000.0;

CREATE TABLE dim_customers AS
SELECT
    'C' || n AS customer_id,
    CASE
        WHEN r(n::VARCHAR, 'land') < 0.42 THEN 'DE' WHEN r(n::VARCHAR, 'land') < 0.58 THEN 'AT'
        WHEN r(n::VARCHAR, 'land') < 0.7 THEN 'CH' WHEN r(n::VARCHAR, 'land') < 0.86 THEN 'NL'
        WHEN r(n::VARCHAR, 'land') < 0.96 THEN 'PL'
    END AS country,
    CASE
        WHEN r(n::VARCHAR, 'tier') < 0.55 THEN 'basic' WHEN r(n::VARCHAR, 'tier') < 0.83 THEN 'silver'
        WHEN r(n::VARCHAR, 'tier') < 0.95 THEN 'gold'
    END AS loyalty_tier,
    CASE
        WHEN r(n::VARCHAR, 'src') < 0.35 THEN 'search' WHEN r(n::VARCHAR, 'src') < 0.6 THEN 'social'
        WHEN r(n::VARCHAR, 'src') < 0.8 THEN 'direct' WHEN r(n::VARCHAR, 'src') < 0.95 THEN 'affiliate'
    END AS acquisition_channel,
    CASE WHEN r(n::VARCHAR, 'dev') < 0.55 THEN 'mobile' WHEN r(n::VARCHAR, 'dev') < 0.88 THEN 'desktop' ELSE 'tablet' END AS device,
    CASE WHEN r(n::VARCHAR, 'news') < 0.55 THEN TRUE WHEN r(n::VARCHAR, 'news') < 0.9 THEN FALSE END AS newsletter_opt_in,
    CASE WHEN r(n::VARCHAR, 'cred') < 0.3 THEN CAST(floor(r(n::VARCHAR, 'much') * 80) AS INTEGER) WHEN r(n::VARCHAR, 'cred') < 0.8 THEN 0 END
        AS store_credit,
    {{as_of}} - to_minutes(CAST(floor(pow(r(n::VARCHAR, 'came'), 1.4) * 700 * 1440) AS INTEGER)) AS registered_at,
    CASE WHEN r(n::VARCHAR, 'mail') < 0.97 THEN 'c' || n || '@mail.example' END AS email,
    r(n::VARCHAR, 'staff') < 0.02 AS is_staff,
    'Europe/Berlin' AS timezone
FROM range(1, 2501) AS t (n);

CREATE TEMP TABLE moments AS
SELECT
    c.customer_id, k.event_name, i.i, c.customer_id || '/' || k.event_name || '/' || i.i AS key,
    CASE
        WHEN r(c.customer_id || k.event_name || i.i, 'late') < 0.01 THEN {{as_of}} + INTERVAL 7 HOUR
        ELSE {{as_of}} - to_seconds(CAST(floor(
            pow(r(c.customer_id || k.event_name || i.i, 'when'), 1.6)
            * least(date_diff('second', c.registered_at, {{as_of}}), 180 * 86400)
        ) AS BIGINT) + 1)
    END AS event_time
FROM dim_customers AS c
CROSS JOIN (
    VALUES ('product_viewed', 14.0), ('product_searched', 6.0), ('cart_item_added', 5.0), ('cart_viewed', 4.5),
    ('checkout_started', 3.2), ('checkout_failed', 0.9), ('wishlist_item_added', 2.2), ('review_written', 1.4),
    ('newsletter_opened', 4.0), ('store_visited', 1.6), ('coupon_redeemed', 1.1)
) AS k (event_name, rate)
CROSS JOIN range(0, 30) AS i (i)
WHERE i.i < floor(k.rate * pow(r(c.customer_id, 'zeal'), 1.2) * 2.4 * r(c.customer_id, k.event_name));

CREATE TABLE orders AS
WITH placed AS (
    SELECT
        c.customer_id, i.i, c.customer_id || '/order/' || i.i AS key,
        {{as_of}} - to_seconds(CAST(floor(
            pow(r(c.customer_id || i.i, 'ordered'), 1.3) * least(date_diff('second', c.registered_at, {{as_of}}), 400 * 86400)
        ) AS BIGINT) - CASE WHEN r(c.customer_id || i.i, 'late') < 0.01 THEN 9000000 ELSE 0 END + 1) AS ordered_at
    FROM dim_customers AS c CROSS JOIN range(0, 12) AS i (i)
    WHERE i.i < floor(pow(r(c.customer_id, 'zeal'), 1.2) * 9 * r(c.customer_id, 'orders'))
)
SELECT
    'O' || row_number() OVER (ORDER BY ordered_at, key) AS order_id, customer_id, ordered_at,
    CASE
        WHEN ordered_at >= {{as_of}} - INTERVAL 3 DAY THEN 'paid' WHEN r(key, 'state') < 0.1 THEN 'returned'
        WHEN r(key, 'state') < 0.17 THEN 'cancelled' WHEN ordered_at >= {{as_of}} - INTERVAL 8 DAY THEN 'shipped' ELSE 'delivered'
    END AS status,
    CAST(12 + floor(pow(r(key, 'total'), 2) * 48000) / 100 AS DECIMAL(10, 2)) AS total,
    CASE WHEN r(key, 'pay') < 0.45 THEN 'card' WHEN r(key, 'pay') < 0.7 THEN 'invoice' WHEN r(key, 'pay') < 0.95 THEN 'paypal' END
        AS payment_method
FROM placed;

CREATE TABLE events AS
SELECT
    customer_id, event_name, event_time, '4.' || CAST(floor(r(key, 'version') * 3) AS INTEGER) AS site_version,
    CASE
        WHEN event_name IN ('product_viewed', 'cart_item_added', 'wishlist_item_added') THEN json_object(
            'category', CASE
                WHEN r(key, 'kind') < 0.3 THEN 'shoes' WHEN r(key, 'kind') < 0.55 THEN 'jackets' WHEN r(key, 'kind') < 0.75 THEN 'tents'
                WHEN r(key, 'kind') < 0.93 THEN 'climbing'
            END,
            'price', 10 + CAST(floor(r(key, 'price') * 400) AS INTEGER)
        )
        WHEN event_name = 'review_written' THEN json_object('stars', 1 + CAST(floor(r(key, 'stars') * 5) AS INTEGER))
        WHEN event_name = 'checkout_failed' THEN json_object('error', CASE WHEN r(key, 'error') < 0.6 THEN 'card_declined' ELSE 'timeout' END)
        WHEN event_name = 'coupon_redeemed' THEN json_object('percent', 5 * (1 + CAST(floor(r(key, 'percent') * 5) AS INTEGER)))
        ELSE '{}'::JSON
    END AS properties
FROM moments
UNION ALL
SELECT customer_id, 'order_placed', ordered_at, '4.1', json_object('total', total, 'payment_method', payment_method) FROM orders;

CREATE TABLE support_cases AS
WITH opened AS (
    SELECT
        c.customer_id, c.customer_id || '/case/' || i.i AS key,
        {{as_of}} - to_seconds(CAST(floor(r(c.customer_id || i.i, 'opened') * 150 * 86400) AS BIGINT)) AS opened_at
    FROM dim_customers AS c CROSS JOIN range(0, 4) AS i (i)
    WHERE i.i < floor(pow(r(c.customer_id, 'grief'), 3) * 4.2)
)
SELECT
    'S' || row_number() OVER (ORDER BY opened_at, key) AS case_id, customer_id, opened_at,
    CASE WHEN r(key, 'topic') < 0.4 THEN 'delivery' WHEN r(key, 'topic') < 0.7 THEN 'return' WHEN r(key, 'topic') < 0.9 THEN 'payment' END
        AS topic,
    CASE
        WHEN r(key, 'end') < 0.3 THEN NULL
        WHEN r(key, 'end') < 0.34 THEN {{as_of}} + INTERVAL 1 DAY
        ELSE least(opened_at + to_hours(CAST(2 + floor(r(key, 'took') * 90) AS INTEGER)), {{as_of}} - INTERVAL 1 MINUTE)
    END AS closed_at,
    CASE WHEN r(key, 'end') >= 0.34 AND r(key, 'rated') < 0.6 THEN 1 + CAST(floor(r(key, 'score') * 5) AS INTEGER) END AS rating
FROM opened;

CREATE TABLE fct_messages AS
SELECT
    'M' || row_number() OVER (ORDER BY c.customer_id, i.i) AS message_id, c.customer_id AS user_id,
    CASE WHEN r(c.customer_id || i.i, 'chan') < 0.7 THEN 'email' ELSE 'push' END AS channel,
    CASE WHEN r(c.customer_id || i.i, 'what') < 0.5 THEN 'cart_reminder' ELSE 'win_back' END AS action_key,
    {{as_of}} - to_seconds(CAST(floor(r(c.customer_id || i.i, 'sent') * 60 * 86400) AS BIGINT)) AS sent_at,
    CASE WHEN r(c.customer_id || i.i, 'read') < 0.4 THEN {{as_of}} - to_seconds(CAST(floor(r(c.customer_id || i.i, 'sent') * 60 * 80000) AS BIGINT)) END AS opened_at,
    CAST(NULL AS TIMESTAMP) AS clicked_at
FROM dim_customers AS c CROSS JOIN range(0, 6) AS i (i)
WHERE i.i < floor(r(c.customer_id, 'mails') * 6);

CREATE TABLE fct_consent AS
SELECT customer_id AS user_id, 'marketing' AS purpose, 'email' AS channel,
    CASE WHEN newsletter_opt_in THEN 'granted' ELSE 'withdrawn' END AS status, registered_at AS effective_at
FROM dim_customers
WHERE newsletter_opt_in IS NOT NULL;

CREATE TABLE traits AS
WITH bought AS (
    SELECT
        customer_id, count(*) AS orders, sum(total) FILTER (WHERE status <> 'cancelled') AS spent,
        avg(CASE WHEN status = 'returned' THEN 1.0 ELSE 0.0 END) AS return_rate, max(ordered_at) AS last_at
    FROM orders
    WHERE ordered_at < {{as_of}}
    GROUP BY customer_id
)
SELECT
    c.customer_id AS user_id,
    CAST(round(coalesce(b.spent, 0), 2) AS DOUBLE) AS total_spent,
    CAST(round(b.return_rate, 3) AS DOUBLE) AS return_rate,
    CASE
        WHEN b.orders IS NULL THEN 'browsing' WHEN b.last_at < {{as_of}} - INTERVAL 120 DAY THEN 'lapsed'
        WHEN b.orders = 1 THEN 'first_time' ELSE 'repeat'
    END AS customer_stage,
    CASE
        WHEN r(c.customer_id, 'fav') < 0.28 THEN 'shoes' WHEN r(c.customer_id, 'fav') < 0.5 THEN 'jackets'
        WHEN r(c.customer_id, 'fav') < 0.7 THEN 'tents' WHEN r(c.customer_id, 'fav') < 0.85 THEN 'climbing'
    END AS favourite_category,
    CASE WHEN r(c.customer_id, 'known') < 0.9 THEN round(r(c.customer_id, 'purchase'), 2) END AS purchase_probability
FROM dim_customers AS c LEFT JOIN bought AS b ON b.customer_id = c.customer_id;

CREATE TABLE site_releases AS
SELECT * FROM (VALUES ('4.0', TIMESTAMP '2026-05-01'), ('4.1', TIMESTAMP '2026-07-20'), ('4.2', TIMESTAMP '2026-09-14')) AS t (site_version, released_at);
CREATE TABLE decisions (decision_id VARCHAR, user_id VARCHAR, decided_at TIMESTAMP, action_key VARCHAR, channel VARCHAR, outcome VARCHAR, reason_code VARCHAR);
