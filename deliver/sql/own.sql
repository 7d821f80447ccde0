-- Some of them.
INSERT INTO owners SELECT unnest($references), unnest($lists);
