-- Members of 400 accounts of a project-management service. Untidy on purpose: deactivated members,
-- missing roles and industries, tickets closed later than the moment of decision, void invoices.
CREATE MACRO r(k, s) AS (hash(k || '/' || s) % 1000000) / 1000000.0;

CREATE TEMP TABLE accounts AS
SELECT
    'A' || n AS account_id,
    CASE WHEN r(n::VARCHAR, 'plan') < 0.35 THEN 'free' WHEN r(n::VARCHAR, 'plan') < 0.65 THEN 'team'
        WHEN r(n::VARCHAR, 'plan') < 0.9 THEN 'business' ELSE 'enterprise' END AS plan,
    CAST(3 + floor(pow(r(n::VARCHAR, 'seats'), 2) * 120) AS INTEGER) AS seats,
    CAST(1 + floor((3 + pow(r(n::VARCHAR, 'seats'), 2) * 120) * r(n::VARCHAR, 'used')) AS INTEGER) AS seats_used,
    CASE WHEN r(n::VARCHAR, 'ind') < 0.3 THEN 'software' WHEN r(n::VARCHAR, 'ind') < 0.5 THEN 'agency'
        WHEN r(n::VARCHAR, 'ind') < 0.7 THEN 'construction' WHEN r(n::VARCHAR, 'ind') < 0.88 THEN 'education' END AS industry,
    CASE WHEN r(n::VARCHAR, 'plan') >= 0.35 THEN CASE WHEN r(n::VARCHAR, 'bill') < 0.6 THEN 'monthly' ELSE 'annual' END END AS billing,
    {{as_of}} - to_days(CAST(20 + floor(r(n::VARCHAR, 'age') * 900) AS INTEGER)) AS created_at,
    CASE WHEN r(n::VARCHAR, 'plan') >= 0.35 THEN {{as_of}} + to_hours(CAST(floor(r(n::VARCHAR, 'renew') * 8000) - 200 AS INTEGER)) END AS renews_at,
    CASE WHEN r(n::VARCHAR, 'plan') < 0.65 AND r(n::VARCHAR, 'trial') < 0.5
        THEN {{as_of}} + to_hours(CAST(floor(r(n::VARCHAR, 'ends') * 900) - 400 AS INTEGER)) END AS trial_ends_at
FROM range(1, 401) AS t (n);

CREATE TABLE dim_users AS
SELECT
    'U' || n AS user_id, 'A' || (1 + n % 400) AS account_id,
    CASE WHEN n <= 400 THEN 'owner' WHEN r(n::VARCHAR, 'role') < 0.12 THEN 'admin' WHEN r(n::VARCHAR, 'role') < 0.78 THEN 'member'
        WHEN r(n::VARCHAR, 'role') < 0.96 THEN 'guest' END AS role,
    CASE WHEN r(n::VARCHAR, 'land') < 0.35 THEN 'US' WHEN r(n::VARCHAR, 'land') < 0.5 THEN 'GB' WHEN r(n::VARCHAR, 'land') < 0.65 THEN 'DE'
        WHEN r(n::VARCHAR, 'land') < 0.78 THEN 'IN' WHEN r(n::VARCHAR, 'land') < 0.9 THEN 'CA' END AS country,
    CASE WHEN r(n::VARCHAR, 'plat') < 0.6 THEN 'web' WHEN r(n::VARCHAR, 'plat') < 0.8 THEN 'desktop' ELSE 'mobile' END AS platform,
    CASE WHEN r(n::VARCHAR, 'src') < 0.4 THEN 'invite' WHEN r(n::VARCHAR, 'src') < 0.6 THEN 'google' WHEN r(n::VARCHAR, 'src') < 0.75 THEN 'linkedin'
        WHEN r(n::VARCHAR, 'src') < 0.9 THEN 'webinar' END AS lead_source,
    CASE WHEN r(n::VARCHAR, 'digest') < 0.5 THEN TRUE WHEN r(n::VARCHAR, 'digest') < 0.85 THEN FALSE END AS weekly_digest,
    {{as_of}} - to_minutes(CAST(floor(pow(r(n::VARCHAR, 'came'), 1.5) * 600 * 1440) AS INTEGER)) AS joined_at,
    CASE WHEN r(n::VARCHAR, 'gone') < 0.05 THEN {{as_of}} - INTERVAL 9 DAY END AS deactivated_at,
    'u' || n || '@company.example' AS email,
    'UTC' AS timezone
FROM range(1, 2401) AS t (n);

CREATE TABLE user_accounts AS
SELECT u.user_id, a.* FROM dim_users AS u INNER JOIN accounts AS a ON a.account_id = u.account_id;

CREATE TABLE fct_events AS
WITH moments AS (
    SELECT
        u.user_id, k.event_name, u.user_id || '/' || k.event_name || '/' || i.i AS key, u.platform,
        CASE
            WHEN r(u.user_id || k.event_name || i.i, 'late') < 0.01 THEN {{as_of}} + INTERVAL 5 HOUR
            ELSE {{as_of}} - to_seconds(CAST(floor(
                pow(r(u.user_id || k.event_name || i.i, 'when'), 1.5) * least(date_diff('second', u.joined_at, {{as_of}}), 150 * 86400)
            ) AS BIGINT) + 1)
        END AS event_time
    FROM dim_users AS u
    CROSS JOIN (
        VALUES ('signed_in', 16.0), ('project_created', 1.6), ('task_created', 7.0), ('task_completed', 6.0), ('comment_posted', 5.0),
        ('member_invited', 1.5), ('file_uploaded', 3.0), ('integration_connected', 1.1), ('report_exported', 1.8), ('pricing_viewed', 1.5),
        ('upgrade_started', 1.5), ('payment_failed', 0.5), ('plan_upgraded', 1.5), ('seat_limit_reached', 0.8), ('webinar_attended', 1.4)
    ) AS k (event_name, rate)
    CROSS JOIN range(0, 30) AS i (i)
    WHERE i.i < floor(k.rate * pow(r(u.user_id, 'zeal'), 1.1) * 2.6 * r(u.user_id, k.event_name))
)
SELECT
    user_id, event_name, event_time, platform, '7.' || CAST(floor(r(key, 'version') * 3) AS INTEGER) AS app_version,
    CASE event_name
        WHEN 'integration_connected' THEN json_object('integration', CASE
            WHEN r(key, 'kind') < 0.4 THEN 'slack' WHEN r(key, 'kind') < 0.6 THEN 'github' WHEN r(key, 'kind') < 0.8 THEN 'jira'
            WHEN r(key, 'kind') < 0.95 THEN 'google_drive' END)
        WHEN 'report_exported' THEN json_object('format', CASE WHEN r(key, 'kind') < 0.5 THEN 'pdf' WHEN r(key, 'kind') < 0.9 THEN 'csv' END)
        WHEN 'file_uploaded' THEN json_object('size_mb', CAST(floor(pow(r(key, 'size'), 3) * 200) AS INTEGER))
        WHEN 'payment_failed' THEN json_object('reason', CASE WHEN r(key, 'kind') < 0.6 THEN 'card_expired' ELSE 'insufficient_funds' END)
        WHEN 'plan_upgraded' THEN json_object('plan', CASE WHEN r(key, 'kind') < 0.6 THEN 'team' ELSE 'business' END, 'seats', 2 + CAST(floor(r(key, 'n') * 30) AS INTEGER))
        ELSE '{}'::JSON
    END AS properties
FROM moments;

CREATE TABLE projects AS
WITH made AS (
    SELECT u.user_id, u.user_id || '/project/' || i.i AS key,
        {{as_of}} - to_seconds(CAST(floor(r(u.user_id || i.i, 'made') * least(date_diff('second', u.joined_at, {{as_of}}), 300 * 86400)) AS BIGINT)) AS created_at
    FROM dim_users AS u CROSS JOIN range(0, 8) AS i (i)
    WHERE i.i < floor(pow(r(u.user_id, 'zeal'), 1.2) * 7 * r(u.user_id, 'projects'))
)
SELECT
    'P' || row_number() OVER (ORDER BY created_at, key) AS project_id, user_id AS owner_id, created_at,
    CASE WHEN r(key, 'state') < 0.55 THEN 'active' WHEN r(key, 'state') < 0.7 THEN 'on_hold' WHEN r(key, 'state') < 0.9 THEN 'completed' ELSE 'archived' END AS status,
    CASE WHEN r(key, 'templ') < 0.3 THEN 'kanban' WHEN r(key, 'templ') < 0.55 THEN 'sprint' WHEN r(key, 'templ') < 0.75 THEN 'gantt' END AS template,
    CAST(floor(pow(r(key, 'tasks'), 2) * 120) AS INTEGER) AS task_count,
    CASE WHEN r(key, 'due') < 0.7 THEN {{as_of}} + to_hours(CAST(floor(r(key, 'when') * 3000) - 1500 AS INTEGER)) END AS due_at
FROM made;

CREATE TABLE invoices AS
WITH issued AS (
    SELECT u.user_id, a.plan, u.user_id || '/invoice/' || i.i AS key, {{as_of}} - to_days(30 * i.i + CAST(floor(r(u.user_id, 'day') * 28) AS INTEGER)) AS issued_at,
        a.seats
    FROM dim_users AS u INNER JOIN accounts AS a ON a.account_id = u.account_id CROSS JOIN range(0, 6) AS i (i)
    WHERE u.role IN ('owner', 'admin') AND a.plan <> 'free' AND i.i < 1 + floor(r(u.user_id, 'bills') * 6)
)
SELECT
    'I' || row_number() OVER (ORDER BY issued_at, key) AS invoice_id, user_id AS billed_to, issued_at, issued_at + INTERVAL 14 DAY AS due_at,
    CASE WHEN r(key, 'state') < 0.62 THEN 'paid' WHEN r(key, 'state') < 0.92 THEN CASE WHEN issued_at + INTERVAL 14 DAY < {{as_of}} THEN 'overdue' ELSE 'open' END ELSE 'void' END AS status,
    CAST(seats * CASE plan WHEN 'team' THEN 9 WHEN 'business' THEN 15 ELSE 28 END AS DECIMAL(10, 2)) AS amount,
    CASE WHEN r(key, 'state') < 0.62 THEN issued_at + to_days(CAST(floor(r(key, 'paid') * 20) AS INTEGER)) END AS paid_at
FROM issued;

CREATE TABLE tickets AS
WITH opened AS (
    SELECT u.user_id, u.user_id || '/ticket/' || i.i AS key, {{as_of}} - to_seconds(CAST(floor(r(u.user_id || i.i, 'opened') * 120 * 86400) AS BIGINT)) AS created_at
    FROM dim_users AS u CROSS JOIN range(0, 4) AS i (i)
    WHERE i.i < floor(pow(r(u.user_id, 'grief'), 3) * 4.4)
)
SELECT
    'T' || row_number() OVER (ORDER BY created_at, key) AS ticket_id, user_id, created_at,
    CASE WHEN r(key, 'prio') < 0.25 THEN 'low' WHEN r(key, 'prio') < 0.65 THEN 'normal' WHEN r(key, 'prio') < 0.87 THEN 'high' WHEN r(key, 'prio') < 0.97 THEN 'urgent' END AS priority,
    CASE WHEN r(key, 'topic') < 0.3 THEN 'billing' WHEN r(key, 'topic') < 0.65 THEN 'bug' WHEN r(key, 'topic') < 0.85 THEN 'integration' ELSE 'access' END AS topic,
    CASE WHEN r(key, 'end') < 0.32 THEN NULL WHEN r(key, 'end') < 0.36 THEN {{as_of}} + INTERVAL 2 DAY
        ELSE least(created_at + to_hours(CAST(1 + floor(r(key, 'took') * 120) AS INTEGER)), {{as_of}} - INTERVAL 1 MINUTE) END AS resolved_at,
    CASE WHEN r(key, 'end') >= 0.36 AND r(key, 'rated') < 0.5 THEN 1 + CAST(floor(r(key, 'score') * 5) AS INTEGER) END AS csat
FROM opened;

CREATE TABLE fct_messages AS
SELECT
    'M' || row_number() OVER (ORDER BY u.user_id, i.i) AS message_id, u.user_id,
    CASE WHEN r(u.user_id || i.i, 'chan') < 0.75 THEN 'email' ELSE 'in_app' END AS channel, 'upgrade_offer' AS action_key,
    {{as_of}} - to_seconds(CAST(floor(r(u.user_id || i.i, 'sent') * 60 * 86400) AS BIGINT)) AS sent_at,
    CASE WHEN r(u.user_id || i.i, 'read') < 0.4 THEN {{as_of}} - INTERVAL 1 HOUR END AS opened_at, CAST(NULL AS TIMESTAMP) AS clicked_at
FROM dim_users AS u CROSS JOIN range(0, 5) AS i (i)
WHERE i.i < floor(r(u.user_id, 'mails') * 5);

CREATE TABLE fct_consent AS
SELECT user_id, 'marketing' AS purpose, 'email' AS channel, CASE WHEN r(user_id, 'agree') < 0.7 THEN 'granted' ELSE 'withdrawn' END AS status, joined_at AS effective_at
FROM dim_users
WHERE r(user_id, 'said') < 0.9;

CREATE TABLE traits AS
SELECT
    user_id,
    CASE WHEN r(user_id, 'known') < 0.93 THEN CAST(round(r(user_id, 'health') * 100) AS DOUBLE) END AS health_score,
    CASE WHEN r(user_id, 'zeal') < 0.25 THEN 'dormant' WHEN r(user_id, 'zeal') < 0.5 THEN 'exploring' WHEN r(user_id, 'zeal') < 0.8 THEN 'adopting' ELSE 'power' END AS adoption_stage,
    CASE WHEN r(user_id, 'seen') < 0.95 THEN round(r(user_id, 'expand'), 2) END AS expansion_score,
    CASE WHEN r(user_id, 'view') < 0.4 THEN 'board' WHEN r(user_id, 'view') < 0.7 THEN 'list' WHEN r(user_id, 'view') < 0.9 THEN 'timeline' END AS favourite_view
FROM dim_users;

CREATE TABLE app_releases AS
SELECT * FROM (VALUES ('7.0', TIMESTAMP '2026-01-10'), ('7.1', TIMESTAMP '2026-03-20'), ('7.2', TIMESTAMP '2026-05-11')) AS t (app_version, released_at);
CREATE TABLE decisions (decision_id VARCHAR, user_id VARCHAR, decided_at TIMESTAMP, action_key VARCHAR, channel VARCHAR, outcome VARCHAR, reason_code VARCHAR);
