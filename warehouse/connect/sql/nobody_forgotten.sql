-- Every identifier that the source gives, by row.
CREATE OR REPLACE TEMP TABLE given_ids (row_number BIGINT, id VARCHAR)
