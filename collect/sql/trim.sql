-- What is stored keeps only planned properties where the plan says so; the raw log and dead letters keep everything.
INSERT INTO changes SELECT seq, NULL, key, JSON('null') FROM unlisted WHERE others = 'drop';
