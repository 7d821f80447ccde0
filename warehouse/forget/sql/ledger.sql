SELECT COUNT(*) = 2 FROM duckdb_columns()
WHERE database_name = CURRENT_DATABASE() AND schema_name = 'main'
    AND (table_name, column_name) IN (('ingest_ledger', 'suppressed'), ('raw_events', 'seq'))
