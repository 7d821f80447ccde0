-- A table of the team's, attached read-only as source.
SELECT
  CAST("order_id" AS TEXT) AS order_id,
  CAST("customer_id" AS TEXT) AS customer_id,
  "ordered_at",
  "status",
  "total",
  "payment_method"
FROM "source"."main"."orders"
