-- Messages that were stopped before they were sent, each with whether nobody could be reached.
INSERT INTO jr_never_sent
SELECT unnest(CAST($intent_id AS VARCHAR[])), unnest(CAST($unreachable AS BOOLEAN[])), unnest(CAST($at AS TIMESTAMP[]));
