-- The arrays of a resolution as tables, for SQL to name what they number.
CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM handed_found;
CREATE OR REPLACE TEMP TABLE shared_ids AS SELECT * FROM handed_shared;
CREATE OR REPLACE TEMP TABLE claims AS SELECT * FROM handed_claims;
CREATE OR REPLACE TEMP TABLE ambiguous AS SELECT * FROM handed_ambiguous;
CREATE OR REPLACE TEMP TABLE refused AS SELECT * FROM handed_refused;
