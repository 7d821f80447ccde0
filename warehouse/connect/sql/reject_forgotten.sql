-- That is the one thing said about them: no value of theirs is kept with it.
DELETE FROM problems WHERE row_number IN (SELECT row_number FROM forgotten_rows);
INSERT INTO problems SELECT row_number, NULL, NULL, 'this person was forgotten' FROM forgotten_rows
