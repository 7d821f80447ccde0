-- Where a tool's own export differs from what it was told. Of attributes only those that the export has a column of.
CREATE OR REPLACE TEMP TABLE sync_drift AS
WITH theirs AS (
    SELECT json_extract_string(document, $id) AS user_id, document
    FROM (SELECT to_json(r) AS document FROM read_csv($file, header = TRUE, all_varchar = TRUE) r)
),
ours AS (
    SELECT user_id, document FROM synced_profiles
    WHERE sync = $sync AND problem IS NULL AND document IS NOT NULL
),
named AS (
    SELECT user_id, UNNEST(json_keys(document, '$.attributes')) AS name, document FROM ours
),
told AS (
    SELECT user_id, name, json_extract_string(document, '$.attributes."' || name || '"') AS value FROM named
),
there AS (
    SELECT t.user_id, t.name, NULLIF(t.value, '') AS ours, NULLIF(json_extract_string(x.document, '$."' || t.name || '"'), '') AS theirs
    FROM told t JOIN theirs x ON x.user_id = t.user_id
    WHERE json_exists(x.document, '$."' || t.name || '"')
),
inside AS (
    SELECT user_id, UNNEST(json_keys(document, '$.audiences')) AS name, document FROM ours
),
members AS (
    SELECT
        i.user_id, i.name,
        json_extract(i.document, '$.audiences."' || i.name || '"')::BOOLEAN AS ours,
        list_contains(regexp_extract_all(json_extract_string(x.document, $audiences), '[A-Za-z0-9_]+'), i.name) AS theirs
    FROM inside i JOIN theirs x ON x.user_id = i.user_id
    WHERE json_exists(x.document, $audiences)
)
SELECT 'missing' AS kind, o.user_id, NULL AS name FROM ours o ANTI JOIN theirs x ON x.user_id = o.user_id
UNION ALL
SELECT 'extra', x.user_id, NULL FROM theirs x ANTI JOIN ours o ON o.user_id = x.user_id
UNION ALL
SELECT 'different', user_id, name FROM there
WHERE LOWER(ours) IS DISTINCT FROM LOWER(theirs)
    AND NOT COALESCE(TRY_CAST(ours AS DOUBLE) = TRY_CAST(theirs AS DOUBLE), FALSE)
UNION ALL
SELECT 'membership', user_id, name FROM members WHERE ours IS DISTINCT FROM COALESCE(theirs, FALSE)
