-- What was imported when; where a source was read up to is written with the rows that were read.
CREATE TABLE IF NOT EXISTS import_log (
    imported_at TIMESTAMP, table_name VARCHAR, source VARCHAR, row_count BIGINT, inserted BIGINT, updated BIGINT,
    unchanged BIGINT, rejected BIGINT, since_column VARCHAR, since_value VARCHAR
)
