-- The world the users live in: the planted cause, the calendar, the releases, the shapes of a visit.

-- A number in [0, 1) that depends on nothing but its arguments: the same on every machine and thread count.
-- Hashed twice: the last argument is only mixed in by XOR, so one hash would draw alike on related days.
CREATE OR REPLACE TEMP MACRO draw(key, salt, n) AS (hash(hash(key, salt, n)) >> 11) * (1.0 / 9007199254740992.0);

-- One row per scenario: the cause as data. A factor of 1 or a share of 0 changes nothing.
CREATE OR REPLACE TEMP TABLE scenarios AS
SELECT * FROM (VALUES
    ('none',            'none',               CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR),  CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR),      0.0,   1.0, 1.0, CAST(NULL AS VARCHAR), 0.0, 0.0, 0.0, 1.0),
    ('ios_checkout',    'release_regression', 'ios', 'subscription_started', 'app_version', '5.4.0',                    -0.80, 0.2, 1.0, NULL,               0.0, 0.0, 0.0, 1.0),
    ('tracking_break',  'tracking_break',     'ios', 'checkout_started',     'app_version', '5.4.0',                    -1.00, 1.0, 1.0, 'checkout_started', 0.0, 0.0, 0.0, 1.0),
    ('mix_shift',       'mix_shift',          'ios', 'pricing_viewed',       'utm_source',  'tiktok',                    0.10, 1.0, 1.0, NULL,               0.1, 0.0, 0.0, 1.0),
    ('send_outage',     'delivery_failure',   'ios', 'subscription_started', 'channel',     'push',                     -0.97, 1.0, 1.0, NULL,               0.0, 0.97, 0.0, 1.0),
    ('cap_starves_ios', 'suppression_cap',    'ios', 'subscription_started', 'reason_code', 'CAP_REACHED',              -0.90, 1.0, 1.0, NULL,               0.0, 0.0, 0.9, 1.0),
    ('price_change',    'price_change',       NULL,  'checkout_started',     'price',       '1.3',                      -0.50, 1.0, 0.5, NULL,               0.0, 0.0, 0.0, 1.3)
) AS t(
    scenario, kind, segment, step, dimension, value, effect,
    paid_factor,      -- chance to pay once in checkout, on the broken version
    checkout_factor,  -- chance to go from comparing plans to checkout, on every platform
    silent_event,     -- an event the broken version no longer sends
    surge_share,      -- share of all users who arrive in the last week from the value's source
    push_loss,        -- share of push messages to the segment that fail
    cap_share,        -- share of upgrade messages to the segment that a cap stops
    price_factor      -- new price over old price
);

CREATE OR REPLACE TEMP TABLE world AS
SELECT
    s.users, s.days, s.seed, s.as_of, s.raw_days, x.*,
    s.as_of - to_days(CAST(s.days AS INTEGER)) AS starts_at,
    s.as_of - INTERVAL 7 DAY AS cause_at,
    greatest(s.as_of - to_days(CAST(s.days AS INTEGER)), s.as_of - INTERVAL 49 DAY) AS history_at,
    0.18 AS message_effect
FROM settings s JOIN scenarios x ON x.scenario = s.scenario;

-- Day numbers count from the first day of the data; weekends are livelier than the working week.
CREATE OR REPLACE TEMP TABLE calendar AS
SELECT
    CAST(n AS INTEGER) AS day,
    w.starts_at + to_days(CAST(n AS INTEGER)) AS day_at,
    [1.12, 1.0, 0.94, 0.95, 0.92, 0.9, 1.1][1 + dayofweek(w.starts_at + to_days(CAST(n AS INTEGER)))] AS liveliness
FROM (SELECT unnest(range(days)) AS n FROM world) CROSS JOIN world w;

-- Releases every three weeks; the newest mobile ones come eight days before the data ends.
CREATE OR REPLACE TEMP TABLE new_dim_releases AS
SELECT r.device_os, r.app_version, w.as_of - to_days(r.days_before) + to_hours(10) AS released_at
FROM (VALUES
    ('ios', '4.9.0', 5000), ('ios', '5.0.0', 130), ('ios', '5.1.0', 92), ('ios', '5.2.0', 64), ('ios', '5.3.0', 36), ('ios', '5.4.0', 8),
    ('android', '4.9.0', 5000), ('android', '5.0.0', 128), ('android', '5.1.0', 95), ('android', '5.2.0', 61), ('android', '5.3.0', 33), ('android', '5.4.0', 9),
    ('web', '2026.1', 5000), ('web', '2026.2', 70), ('web', '2026.3', 20)
) AS r(device_os, app_version, days_before) CROSS JOIN world w;

-- What a device that updates overnight runs on a day; a user who updates late looks up an earlier day.
CREATE OR REPLACE TEMP TABLE versions AS
SELECT r.device_os, CAST(n AS INTEGER) AS day, max(r.app_version) AS app_version
FROM (SELECT unnest(range(-60, days + 1)) AS n FROM world) CROSS JOIN world w
JOIN new_dim_releases r ON r.released_at <= w.starts_at + to_days(CAST(n AS INTEGER))
GROUP BY r.device_os, n;

-- What happens in a visit: seconds after it begins = lead + durations * the workout's length.
CREATE OR REPLACE TEMP TABLE shapes AS
SELECT * FROM (VALUES
    ('look', 0, 'app_opened', 0, 0),
    ('look_twice', 0, 'app_opened', 0, 0), ('look_twice', 1, 'app_opened', 9000, 0),
    ('started', 0, 'app_opened', 0, 0), ('started', 1, 'workout_started', 45, 0),
    ('workout', 0, 'app_opened', 0, 0), ('workout', 1, 'workout_started', 45, 0), ('workout', 2, 'workout_completed', 45, 1),
    ('saved', 0, 'app_opened', 0, 0), ('saved', 1, 'workout_started', 45, 0), ('saved', 2, 'workout_completed', 45, 1), ('saved', 3, 'workout_saved', 70, 1),
    ('double', 0, 'app_opened', 0, 0), ('double', 1, 'workout_started', 45, 0), ('double', 2, 'workout_completed', 45, 1),
    ('double', 3, 'workout_started', 200, 1), ('double', 4, 'workout_completed', 200, 2), ('double', 5, 'app_opened', 12000, 2),
    ('first', 0, 'app_opened', 0, 0), ('first', 1, 'onboarding_completed', 150, 0),
    ('first_workout', 0, 'app_opened', 0, 0), ('first_workout', 1, 'onboarding_completed', 150, 0),
    ('first_workout', 2, 'workout_started', 240, 0), ('first_workout', 3, 'workout_completed', 240, 1)
) AS t(shape, slot, event_name, lead, durations);

-- How far an attempt to subscribe goes: 1 looked at pricing, 2 compared, 3 left checkout, 4 failed, 5 paid.
CREATE OR REPLACE TEMP TABLE attempt_steps AS
SELECT * FROM (VALUES
    (10, 'app_opened', 0, 1, 5, TRUE), (11, 'pricing_viewed', 60, 1, 5, FALSE), (12, 'plan_compared', 130, 2, 5, FALSE),
    (13, 'checkout_started', 210, 3, 5, FALSE), (14, 'checkout_failed', 290, 4, 4, FALSE), (15, 'subscription_started', 300, 5, 5, FALSE)
) AS t(slot, event_name, lead, depth_from, depth_to, only_from_message);
