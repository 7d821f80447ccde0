-- A table of the team's, attached read-only as source.
SELECT
  CAST("case_id" AS TEXT) AS case_id,
  CAST("customer_id" AS TEXT) AS customer_id,
  "opened_at",
  "topic",
  "state",
  "solved_at"
FROM "source"."main"."support_cases"
