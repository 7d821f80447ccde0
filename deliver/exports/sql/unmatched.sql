-- Users who may be told of and have nothing that they could be found by.
SELECT COUNT(*) FROM hashed WHERE NOT matchable
