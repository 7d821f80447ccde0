-- Who agreed to what, since when: the latest word of a user holds.
SELECT
  customer_id AS user_id,
  'marketing' AS purpose,
  'email' AS channel,
  CASE WHEN newsletter_opt_in THEN 'granted' ELSE 'withdrawn' END AS status,
  newsletter_changed_at AS effective_at
FROM customers
WHERE
  NOT newsletter_opt_in IS NULL
