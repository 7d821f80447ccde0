-- Hand-written shorthands for the references over the project service; they know nothing of the compiler.
CREATE OR REPLACE TEMP MACRO n(u, e) AS (
    SELECT COUNT(*) FROM fct_events AS x WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO n_days(u, e, d) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO n_from(u, e, t0) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= t0
);
CREATE OR REPLACE TEMP MACRO n_between(u, e, t0, t1) AS (
    SELECT COUNT(*) FROM fct_events AS x WHERE x.user_id = u AND x.event_name = e AND x.event_time >= t0 AND x.event_time < t1
);
CREATE OR REPLACE TEMP MACRO n_with(u, e, p, v) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND json_extract_string(x.properties, '$.' || p) = v
);
CREATE OR REPLACE TEMP MACRO first_at(u, e) AS (
    SELECT MIN(x.event_time) FROM fct_events AS x WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO last_at(u, e) AS (
    SELECT MAX(x.event_time) FROM fct_events AS x WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO acc(u) AS (SELECT a FROM user_accounts AS a WHERE a.user_id = u AND a.created_at < {{as_of}});
CREATE OR REPLACE TEMP MACRO projects_in(u, s) AS (
    SELECT COUNT(*) FROM projects AS p WHERE p.owner_id = u AND p.created_at < {{as_of}} AND (s IS NULL OR p.status = s)
);
CREATE OR REPLACE TEMP MACRO invoices_in(u, s) AS (
    SELECT COUNT(*) FROM invoices AS i WHERE i.billed_to = u AND i.issued_at < {{as_of}} AND (s IS NULL OR i.status = s)
);
CREATE OR REPLACE TEMP MACRO open_tickets(u) AS (
    SELECT COUNT(*) FROM tickets AS t WHERE t.user_id = u AND t.created_at < {{as_of}} AND (t.resolved_at IS NULL OR t.resolved_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO open_about(u, k) AS (
    SELECT COUNT(*) FROM tickets AS t
    WHERE t.user_id = u AND t.created_at < {{as_of}} AND t.topic = k AND (t.resolved_at IS NULL OR t.resolved_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO open_prio(u, k) AS (
    SELECT COUNT(*) FROM tickets AS t
    WHERE t.user_id = u AND t.created_at < {{as_of}} AND t.priority = k AND (t.resolved_at IS NULL OR t.resolved_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO on_trial(u) AS (COALESCE(acc(u).trial_ends_at > {{as_of}}, FALSE));
CREATE OR REPLACE TEMP MACRO messages(u, c, d) AS (
    SELECT COUNT(*) FROM fct_messages AS m
    WHERE m.user_id = u AND (c IS NULL OR m.channel = c) AND m.sent_at < {{as_of}} AND m.sent_at >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO tr(u) AS (SELECT t FROM traits AS t WHERE t.user_id = u);
CREATE OR REPLACE TEMP MACRO follows(u, a, b, secs) AS (
    SELECT COUNT(*) FROM fct_events AS x INNER JOIN fct_events AS y ON x.user_id = y.user_id
    WHERE x.user_id = u AND x.event_name = a AND y.event_name = b AND x.event_time < {{as_of}} AND y.event_time < {{as_of}}
        AND y.event_time > x.event_time AND y.event_time <= x.event_time + to_seconds(secs)
);
