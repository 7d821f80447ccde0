-- Rows of forgotten people.
CREATE OR REPLACE TEMP TABLE forgotten_rows AS
SELECT DISTINCT row_number FROM given_ids
WHERE SHA256($salt || CASE WHEN CONTAINS(id, '@') THEN LOWER(id) ELSE id END) IN (SELECT hash FROM tombstones)
