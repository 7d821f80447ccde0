-- What stays, in one go: into an empty table or by the hundred thousand, rows are packed as they come and never written twice.
INSERT INTO raw_events BY NAME SELECT s.* FROM slice s ANTI JOIN rejects j ON j.seq = s.seq
