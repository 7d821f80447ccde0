-- A small shop over ten weeks, made of hashes: the same rows on every machine.
-- Planted: version 3.2.0 of the mobile site, live in the last week, loses orders at the checkout page.
CREATE MACRO part(key, salt) AS (hash(key || '/' || salt) % 1000000) / 1000000.0;

CREATE TABLE customers AS
WITH made AS (
    SELECT
        n AS customer_id, CAST(n AS VARCHAR) AS key,
        TIMESTAMP '2026-07-06' + to_minutes(CAST(floor(part(n::VARCHAR, 'came') * 69 * 1440) AS INTEGER)) AS came
    FROM range(1, 6001) AS t (n)
)
SELECT
    customer_id,
    'Customer ' || key AS full_name,
    CASE WHEN part(key, 'mail') < 0.97 THEN 'customer' || key || '@shop.example' END AS email,
    CASE WHEN part(key, 'tel') < 0.4 THEN '+49 30 ' || (1000000 + customer_id * 7) END AS phone,
    CAST(1 + customer_id % 180 AS VARCHAR) || ' Market Street' AS street,
    CASE WHEN part(key, 'land') < 0.5 THEN 'DE' WHEN part(key, 'land') < 0.8 THEN 'AT' ELSE 'CH' END AS country,
    CASE WHEN part(key, 'device') < 0.58 THEN 'mobile' WHEN part(key, 'device') < 0.93 THEN 'desktop' ELSE 'tablet' END
        AS device,
    CASE
        WHEN part(key, 'channel') < 0.4 THEN 'search' WHEN part(key, 'channel') < 0.65 THEN 'social'
        WHEN part(key, 'channel') < 0.85 THEN 'direct' ELSE 'affiliate'
    END AS acquisition_channel,
    CASE WHEN part(key, 'tier') < 0.7 THEN 'basic' WHEN part(key, 'tier') < 0.93 THEN 'silver' ELSE 'gold' END
        AS loyalty_tier,
    CASE WHEN part(key, 'sex') < 0.45 THEN 'f' WHEN part(key, 'sex') < 0.9 THEN 'm' END AS gender,
    part(key, 'news') < 0.6 AS newsletter_opt_in,
    came + INTERVAL 1 HOUR AS newsletter_changed_at,
    -- Half of them were there before the ten weeks.
    CASE WHEN part(key, 'old') < 0.5 THEN came - INTERVAL 400 DAY ELSE came END AS created_at
FROM made;

-- A visit goes as far as its luck: home, product, cart, checkout, order.
CREATE TEMP TABLE visits AS
WITH days AS (
    SELECT CAST(d AS TIMESTAMP) AS day FROM generate_series(TIMESTAMP '2026-07-06', TIMESTAMP '2026-09-13', INTERVAL 1 DAY) AS t (d)
),
came AS (
    SELECT
        c.*, d.day, c.customer_id || '/' || CAST(d.day AS DATE) AS visit,
        d.day + to_seconds(28800 + CAST(floor(part(c.customer_id || '/' || CAST(d.day AS DATE), 'hour') * 50000) AS INTEGER)) AS moment
    FROM customers AS c CROSS JOIN days AS d
    WHERE part(c.customer_id || '/' || CAST(d.day AS DATE), 'visits') < 0.13
),
versioned AS (
    SELECT
        *, CASE
            WHEN device = 'mobile' AND moment >= TIMESTAMP '2026-09-07' + INTERVAL 10 HOUR THEN '3.2.0'
            WHEN moment >= TIMESTAMP '2026-08-10' THEN '3.1.0' ELSE '3.0.0'
        END AS site_version
    FROM came
    WHERE moment >= created_at
)
SELECT
    visit, customer_id, moment, site_version, loyalty_tier,
    part(visit, 'product') < 0.82 AS saw_product,
    part(visit, 'product') < 0.82 AND part(visit, 'cart') < 0.52 AS saw_cart,
    part(visit, 'product') < 0.82 AND part(visit, 'cart') < 0.52 AND part(visit, 'checkout') < 0.7 AS saw_checkout,
    part(visit, 'product') < 0.82 AND part(visit, 'cart') < 0.52 AND part(visit, 'checkout') < 0.7
        AND part(visit, 'order') < CASE WHEN site_version = '3.2.0' THEN 0.33 ELSE 0.62 END AS ordered
FROM versioned;

CREATE TABLE page_views AS
WITH pages AS (
    SELECT visit, customer_id, moment AS viewed_at, 'home' AS page, site_version FROM visits
    UNION ALL SELECT visit, customer_id, moment + INTERVAL 1 MINUTE, 'product', site_version FROM visits WHERE saw_product
    UNION ALL SELECT visit, customer_id, moment + INTERVAL 4 MINUTE, 'cart', site_version FROM visits WHERE saw_cart
    UNION ALL SELECT visit, customer_id, moment + INTERVAL 6 MINUTE, 'checkout', site_version FROM visits WHERE saw_checkout
)
SELECT
    ROW_NUMBER() OVER (ORDER BY viewed_at, customer_id, page) AS view_id, customer_id, viewed_at, page,
    CASE
        WHEN page <> 'product' THEN NULL WHEN part(visit, 'kind') < 0.45 THEN 'shoes'
        WHEN part(visit, 'kind') < 0.8 THEN 'clothing' ELSE 'gear'
    END AS product_category,
    site_version
FROM pages
ORDER BY view_id;

CREATE TABLE orders AS
SELECT
    ROW_NUMBER() OVER (ORDER BY moment, customer_id) AS order_id, customer_id, moment + INTERVAL 9 MINUTE AS ordered_at,
    CASE
        WHEN moment >= TIMESTAMP '2026-09-11' THEN 'placed' WHEN part(visit, 'state') < 0.08 THEN 'returned'
        WHEN part(visit, 'state') < 0.12 THEN 'cancelled' WHEN moment >= TIMESTAMP '2026-09-08' THEN 'shipped' ELSE 'delivered'
    END AS status,
    CAST(15 + floor(part(visit, 'total') * 18500) / 100 AS DECIMAL(10, 2)) AS total,
    CASE WHEN part(visit, 'pay') < 0.5 THEN 'card' WHEN part(visit, 'pay') < 0.8 THEN 'invoice' ELSE 'wallet' END
        AS payment_method
FROM visits
WHERE ordered
ORDER BY order_id;

CREATE TABLE order_items AS
SELECT
    o.order_id * 10 + k AS order_item_id, o.order_id, 'P' || (1 + hash(o.order_id * 10 + k) % 240) AS sku,
    CAST(1 + hash(o.order_id * 7 + k) % 3 AS INTEGER) AS quantity
FROM orders AS o CROSS JOIN range(1, 4) AS t (k)
WHERE k <= 1 + hash(o.order_id) % 3
ORDER BY order_item_id;

CREATE TABLE support_cases AS
WITH opened AS (
    SELECT customer_id, visit, moment + INTERVAL 2 DAY AS opened_at, part(visit, 'topic') AS topic, part(visit, 'end') AS ending
    FROM visits
    WHERE part(visit, 'case') < 0.02 AND moment < TIMESTAMP '2026-09-11'
)
SELECT
    ROW_NUMBER() OVER (ORDER BY opened_at, customer_id) AS case_id, customer_id, opened_at,
    CASE WHEN topic < 0.5 THEN 'delivery' WHEN topic < 0.8 THEN 'return' ELSE 'payment' END AS topic,
    CASE WHEN ending < 0.35 AND opened_at >= TIMESTAMP '2026-08-15' THEN 'open' WHEN ending < 0.4 THEN 'pending' ELSE 'solved' END
        AS state,
    CASE WHEN ending >= 0.4 THEN opened_at + INTERVAL 30 HOUR END AS solved_at
FROM opened
ORDER BY case_id;

CREATE TABLE site_releases AS
SELECT * FROM (
    VALUES
    ('3.0.0', TIMESTAMP '2026-06-01 09:00:00'), ('3.1.0', TIMESTAMP '2026-08-10 00:00:00'), ('3.2.0', TIMESTAMP '2026-09-07 10:00:00')
) AS t (site_version, released_at);

DROP MACRO part;
