-- A table of the team's, attached read-only as source.
SELECT
  CAST("view_id" AS TEXT) AS view_id,
  CAST("customer_id" AS TEXT) AS customer_id,
  "viewed_at",
  "page",
  "product_category",
  CAST("site_version" AS TEXT) AS site_version
FROM "source"."main"."page_views"
