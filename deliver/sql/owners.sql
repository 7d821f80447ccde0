-- Which of the messages that a file of results names are on an offline list, and on which.
CREATE OR REPLACE TEMP TABLE owners (reference VARCHAR, list VARCHAR);
