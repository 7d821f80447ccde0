-- A table of the team's, attached read-only as source.
SELECT
  CAST("order_item_id" AS TEXT) AS order_item_id,
  CAST("order_id" AS TEXT) AS order_id,
  "sku",
  "quantity"
FROM "source"."main"."order_items"
