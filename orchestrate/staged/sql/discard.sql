-- A journey that is not tried any more, or as another: its runs go, and what they had chosen is not written.
DELETE FROM intents
WHERE split_part(policy_key, '@', 1) IN (SELECT unnest($keys)) AND contains(policy_key, '@')
    AND intent_id NOT IN (SELECT message_id FROM fct_messages);

DELETE FROM staging.journey_runs WHERE journey_key IN (SELECT unnest($keys));

DELETE FROM staging.journey_members WHERE journey_key IN (SELECT unnest($keys));

DELETE FROM staging.journey_ticks WHERE journey_key IN (SELECT unnest($keys));
