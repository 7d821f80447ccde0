-- The person's identifiers; e-mail addresses in lower case as well.
CREATE OR REPLACE TEMP TABLE forgotten AS
WITH given AS (SELECT UNNEST($ids) AS id)
SELECT id FROM given UNION SELECT LOWER(id) FROM given WHERE CONTAINS(id, '@')
