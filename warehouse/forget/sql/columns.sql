SELECT t.schema_name, t.table_name, c.column_name, c.data_type
FROM duckdb_tables() t
JOIN duckdb_columns() c USING (database_name, schema_name, table_name)
WHERE t.database_name = CURRENT_DATABASE() AND NOT t.internal AND NOT t.temporary
ORDER BY t.schema_name, t.table_name, c.column_index
