-- A place for what is loaded again; what an interrupted reload left is thrown away.
DROP SCHEMA IF EXISTS reloaded CASCADE;
CREATE SCHEMA reloaded;
USE reloaded;
