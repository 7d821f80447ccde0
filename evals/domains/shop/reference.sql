-- Hand-written shorthands for the references over the shop; they know nothing of the compiler.
CREATE OR REPLACE TEMP MACRO n(u, e) AS (
    SELECT COUNT(*) FROM events AS x WHERE x.customer_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO n_days(u, e, d) AS (
    SELECT COUNT(*) FROM events AS x
    WHERE x.customer_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO n_from(u, e, t0) AS (
    SELECT COUNT(*) FROM events AS x
    WHERE x.customer_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= t0
);
CREATE OR REPLACE TEMP MACRO n_between(u, e, t0, t1) AS (
    SELECT COUNT(*) FROM events AS x WHERE x.customer_id = u AND x.event_name = e AND x.event_time >= t0 AND x.event_time < t1
);
CREATE OR REPLACE TEMP MACRO n_cat(u, e, k) AS (
    SELECT COUNT(*) FROM events AS x
    WHERE x.customer_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND json_extract_string(x.properties, '$.category') = k
);
CREATE OR REPLACE TEMP MACRO first_at(u, e) AS (
    SELECT MIN(x.event_time) FROM events AS x WHERE x.customer_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO last_at(u, e) AS (
    SELECT MAX(x.event_time) FROM events AS x WHERE x.customer_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO open_cases(u) AS (
    SELECT COUNT(*) FROM support_cases AS s WHERE s.customer_id = u AND s.opened_at < {{as_of}} AND (s.closed_at IS NULL OR s.closed_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO open_about(u, k) AS (
    SELECT COUNT(*) FROM support_cases AS s
    WHERE s.customer_id = u AND s.opened_at < {{as_of}} AND s.topic = k AND (s.closed_at IS NULL OR s.closed_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO orders_in(u, k) AS (
    SELECT COUNT(*) FROM orders AS o WHERE o.customer_id = u AND o.ordered_at < {{as_of}} AND o.status = k
);
CREATE OR REPLACE TEMP MACRO last_order(u) AS (
    SELECT ARG_MAX({'status': o.status, 'total': o.total, 'payment_method': o.payment_method}, (o.ordered_at, o.order_id))
    FROM orders AS o WHERE o.customer_id = u AND o.ordered_at < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO messages(u, c, d) AS (
    SELECT COUNT(*) FROM fct_messages AS m
    WHERE m.user_id = u AND (c IS NULL OR m.channel = c) AND m.sent_at < {{as_of}} AND m.sent_at >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO tr(u) AS (SELECT t FROM traits AS t WHERE t.user_id = u);
CREATE OR REPLACE TEMP MACRO follows(u, a, b, secs) AS (
    SELECT COUNT(*) FROM events AS x INNER JOIN events AS y ON x.customer_id = y.customer_id
    WHERE x.customer_id = u AND x.event_name = a AND y.event_name = b AND x.event_time < {{as_of}} AND y.event_time < {{as_of}}
        AND y.event_time > x.event_time AND y.event_time <= x.event_time + to_seconds(secs)
);
