-- Everything is consolidated: events of the raw log are made anew, those from elsewhere stay.
INSERT INTO models.touched VALUES (NULL);
DELETE FROM fct_events WHERE message_id IN (SELECT message_id FROM raw_events);
DELETE FROM said_traits;
CREATE OR REPLACE TEMP VIEW due_events AS SELECT * FROM raw_events WHERE type = 'track';
CREATE OR REPLACE TEMP VIEW told_events AS SELECT * FROM raw_events;
CREATE OR REPLACE TEMP VIEW told_ids AS SELECT kind, value, node_id FROM identity_nodes;
CREATE OR REPLACE TEMP TABLE due_users AS
SELECT value AS user_id FROM identity_map WHERE kind = 'user_id' UNION SELECT user_id FROM users_written;
