-- Results that can be read and cannot be true, in the order of their rows.
SELECT row_number, column_name, value, reason
FROM (
    SELECT t.row_number, 'result' AS column_name, t.result AS value, 'is no result that is known' AS reason
    FROM typed AS t
    WHERE NOT list_contains($known, t.result)
    UNION ALL
    SELECT t.row_number, 'reference', t.reference, 'is no message of an offline list'
    FROM typed AS t
    WHERE t.reference NOT IN (SELECT o.reference FROM owners AS o)
    UNION ALL
    SELECT t.row_number, 'at', CAST(t.at AS VARCHAR), 'is still to come' FROM typed AS t WHERE t.at > $now
) AS found
WHERE row_number NOT IN (SELECT row_number FROM problems)
ORDER BY row_number, column_name
