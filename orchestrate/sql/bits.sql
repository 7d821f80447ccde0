-- The sets of a chunk that have anybody in them.
INSERT INTO record_bits SELECT $cycle_id, $chunk, b.name, CAST(CAST(b.bits AS BLOB) AS BIT) FROM bit_rows b
