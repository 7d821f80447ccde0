-- A table of the team's, attached read-only as source.
SELECT
  CAST("customer_id" AS TEXT) AS customer_id,
  "full_name",
  "email",
  "phone",
  "street",
  "country",
  "device",
  "acquisition_channel",
  "loyalty_tier",
  "gender",
  "newsletter_opt_in",
  "newsletter_changed_at",
  "created_at"
FROM "source"."main"."customers"
