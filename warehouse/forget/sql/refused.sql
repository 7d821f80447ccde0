JSON_EXTRACT_STRING(body, '$.userId') IN (SELECT id FROM forgotten)
OR JSON_EXTRACT_STRING(body, '$.anonymousId') IN (SELECT id FROM forgotten)
OR JSON_EXTRACT_STRING(body, '$.previousId') IN (SELECT id FROM forgotten)
