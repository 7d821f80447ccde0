-- Hand-written shorthands for the references over the streaming service; they know nothing of the compiler.
CREATE OR REPLACE TEMP MACRO n(u, e) AS (
    SELECT COUNT(*) FROM watch_log AS x WHERE x.viewer_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO n_days(u, e, d) AS (
    SELECT COUNT(*) FROM watch_log AS x
    WHERE x.viewer_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO n_from(u, e, t0) AS (
    SELECT COUNT(*) FROM watch_log AS x
    WHERE x.viewer_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= t0
);
CREATE OR REPLACE TEMP MACRO n_between(u, e, t0, t1) AS (
    SELECT COUNT(*) FROM watch_log AS x WHERE x.viewer_id = u AND x.event_name = e AND x.event_time >= t0 AND x.event_time < t1
);
CREATE OR REPLACE TEMP MACRO n_with(u, e, p, v) AS (
    SELECT COUNT(*) FROM watch_log AS x
    WHERE x.viewer_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND json_extract_string(x.properties, '$.' || p) = v
);
CREATE OR REPLACE TEMP MACRO n_with_days(u, e, p, v, d) AS (
    SELECT COUNT(*) FROM watch_log AS x
    WHERE x.viewer_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= {{as_of}} - to_days(d)
        AND json_extract_string(x.properties, '$.' || p) = v
);
CREATE OR REPLACE TEMP MACRO first_at(u, e) AS (
    SELECT MIN(x.event_time) FROM watch_log AS x WHERE x.viewer_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO last_at(u, e) AS (
    SELECT MAX(x.event_time) FROM watch_log AS x WHERE x.viewer_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO subs_in(u, s) AS (
    SELECT COUNT(*) FROM subscriptions AS b WHERE b.viewer_id = u AND b.started_at < {{as_of}} AND (s IS NULL OR b.status = s)
);
CREATE OR REPLACE TEMP MACRO sub(u) AS (
    SELECT ARG_MAX({'status': b.status, 'plan': b.plan, 'price': b.price, 'started_at': b.started_at, 'ends_at': b.ends_at}, (b.started_at, b.subscription_id))
    FROM subscriptions AS b WHERE b.viewer_id = u AND b.started_at < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO on_trial(u) AS (COALESCE(sub(u).status = 'trial', FALSE));
CREATE OR REPLACE TEMP MACRO rentals_of(u) AS (
    SELECT COUNT(*) FROM rentals AS r WHERE r.viewer_id = u AND r.rented_at < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO open_requests(u) AS (
    SELECT COUNT(*) FROM help_requests AS h WHERE h.viewer_id = u AND h.opened_at < {{as_of}} AND (h.solved_at IS NULL OR h.solved_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO open_about(u, k) AS (
    SELECT COUNT(*) FROM help_requests AS h
    WHERE h.viewer_id = u AND h.opened_at < {{as_of}} AND h.topic = k AND (h.solved_at IS NULL OR h.solved_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO messages(u, c, d) AS (
    SELECT COUNT(*) FROM fct_messages AS m
    WHERE m.user_id = u AND (c IS NULL OR m.channel = c) AND m.sent_at < {{as_of}} AND m.sent_at >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO tr(u) AS (SELECT t FROM traits AS t WHERE t.user_id = u);
CREATE OR REPLACE TEMP MACRO follows(u, a, b, secs) AS (
    SELECT COUNT(*) FROM watch_log AS x INNER JOIN watch_log AS y ON x.viewer_id = y.viewer_id
    WHERE x.viewer_id = u AND x.event_name = a AND y.event_name = b AND x.event_time < {{as_of}} AND y.event_time < {{as_of}}
        AND y.event_time > x.event_time AND y.event_time <= x.event_time + to_seconds(secs)
);
