-- Hand-written shorthands for the reference queries of the suites. They read the
-- contracted tables directly and know nothing of the compiler.
CREATE OR REPLACE TEMP MACRO n(u, e) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO n_days(u, e, d) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
        AND x.event_time >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO n_from(u, e, t0) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}} AND x.event_time >= t0
);
CREATE OR REPLACE TEMP MACRO n_between(u, e, t0, t1) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time >= t0 AND x.event_time < t1
);
CREATE OR REPLACE TEMP MACRO n_type(u, e, k) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
        AND json_extract_string(x.properties, '$.workout_type') = k
);
CREATE OR REPLACE TEMP MACRO last_at(u, e) AS (
    SELECT MAX(x.event_time) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO current_sub(u) AS (
    SELECT ARG_MAX({'status': s.status, 'trial_start': s.trial_start, 'trial_end': s.trial_end,
                    'plan': s.plan}, s.trial_start)
    FROM fct_subscriptions AS s
    WHERE s.user_id = u AND s.trial_start < {{as_of}}
);
CREATE OR REPLACE TEMP MACRO on_trial(u) AS (
    COALESCE(current_sub(u).status = 'trialing' AND current_sub(u).trial_end > {{as_of}}, FALSE)
);
CREATE OR REPLACE TEMP MACRO n_trial(u, e) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
        AND x.event_time >= (
            SELECT MAX(s.trial_start) FROM fct_subscriptions AS s
            WHERE s.user_id = u AND s.trial_start < {{as_of}}
        )
);
CREATE OR REPLACE TEMP MACRO open_tickets(u) AS (
    SELECT COUNT(*) FROM fct_support AS t
    WHERE t.user_id = u AND t.created_at < {{as_of}}
        AND (t.closed_at IS NULL OR t.closed_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO active_subs(u) AS (
    SELECT COUNT(*) FROM fct_subscriptions AS s WHERE s.user_id = u AND s.status = 'active'
);
CREATE OR REPLACE TEMP MACRO messages(u, c, d) AS (
    SELECT COUNT(*) FROM fct_messages AS m
    WHERE m.user_id = u AND (c IS NULL OR m.channel = c) AND m.sent_at < {{as_of}}
        AND m.sent_at >= {{as_of}} - to_days(d)
);
CREATE OR REPLACE TEMP MACRO upgrade_ready(u) AS (
    n(u, 'pricing_viewed') >= 1 AND active_subs(u) = 0
);
CREATE OR REPLACE TEMP MACRO tr(u) AS (
    SELECT t FROM traits AS t WHERE t.user_id = u
);
CREATE OR REPLACE TEMP MACRO n_long(u, e, secs) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
        AND CAST(json_extract_string(x.properties, '$.duration_seconds') AS DOUBLE) > secs
);
CREATE OR REPLACE TEMP MACRO n_type_days(u, e, k, d) AS (
    SELECT COUNT(*) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
        AND x.event_time >= {{as_of}} - to_days(d)
        AND json_extract_string(x.properties, '$.workout_type') = k
);
CREATE OR REPLACE TEMP MACRO open_about(u, reason) AS (
    SELECT COUNT(*) FROM fct_support AS t
    WHERE t.user_id = u AND t.created_at < {{as_of}} AND t.ticket_reason = reason
        AND (t.closed_at IS NULL OR t.closed_at >= {{as_of}})
);
CREATE OR REPLACE TEMP MACRO follows(u, a, b, secs) AS (
    SELECT COUNT(*) FROM fct_events AS x INNER JOIN fct_events AS y ON x.user_id = y.user_id
    WHERE x.user_id = u AND x.event_name = a AND y.event_name = b
        AND x.event_time < {{as_of}} AND y.event_time < {{as_of}}
        AND y.event_time > x.event_time AND y.event_time <= x.event_time + to_seconds(secs)
);
CREATE OR REPLACE TEMP MACRO first_at(u, e) AS (
    SELECT MIN(x.event_time) FROM fct_events AS x
    WHERE x.user_id = u AND x.event_name = e AND x.event_time < {{as_of}}
);
