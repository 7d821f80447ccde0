-- Everything that happened, one row an event. Edit: rename, split or leave out.
SELECT
  customer_id AS user_id,
  ordered_at AS event_time,
  'order_placed' AS event_name,
  JSON_OBJECT('status', status, 'total', total, 'payment_method', payment_method) AS properties,
  CAST(NULL AS TEXT) AS version
FROM orders
WHERE
  NOT ordered_at IS NULL
UNION ALL
SELECT
  customer_id AS user_id,
  viewed_at AS event_time,
  CASE page
    WHEN 'cart'
    THEN 'cart_viewed'
    WHEN 'checkout'
    THEN 'checkout_viewed'
    WHEN 'home'
    THEN 'home_viewed'
    WHEN 'product'
    THEN 'product_viewed'
    ELSE 'page_view_opened'
  END AS event_name,
  JSON_OBJECT('product_category', product_category, 'site_version', site_version) AS properties,
  site_version AS version
FROM page_views
WHERE
  NOT viewed_at IS NULL
UNION ALL
SELECT
  customer_id AS user_id,
  opened_at AS event_time,
  'support_case_opened' AS event_name,
  JSON_OBJECT('topic', topic, 'state', state, 'solved_at', solved_at) AS properties,
  CAST(NULL AS TEXT) AS version
FROM support_cases
WHERE
  NOT opened_at IS NULL
