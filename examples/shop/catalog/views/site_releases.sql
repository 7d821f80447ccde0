-- A table of the team's, attached read-only as source.
SELECT
  "site_version",
  "released_at"
FROM "source"."main"."site_releases"
