-- A reason for every candidate of every user, from what was kept in bits: bit i % 8 of byte i // 8 is the user at place i.
CREATE VIEW IF NOT EXISTS decision_records AS
SELECT
    k.cycle_id, u.user_id, c.policy_key, c.policy_version, c.action_key, c.tier,
    COALESCE(d.reason_code, CASE
        WHEN e.reason_code IS NOT NULL THEN e.reason_code
        WHEN get_bit(m.bits, u.spot) = 1 THEN 'NOT_APPLICABLE'
        ELSE 'INELIGIBLE'
    END) AS reason_code
FROM record_chunks k
JOIN record_candidates c ON c.cycle_id = k.cycle_id
JOIN (SELECT roster, user_id, place // 8 * 8 + 7 - place % 8 AS spot FROM record_users) AS u ON u.roster = k.roster
JOIN record_bits p ON p.cycle_id = k.cycle_id AND p.chunk = k.chunk AND p.name = c.population AND get_bit(p.bits, u.spot) = 1
LEFT JOIN record_bits m ON m.cycle_id = k.cycle_id AND m.chunk = k.chunk AND m.name = c.eligible
LEFT JOIN record_early e ON e.cycle_id = k.cycle_id AND e.chunk = k.chunk AND e.early = c.early AND get_bit(e.bits, u.spot) = 1
LEFT JOIN decisions d ON d.cycle_id = k.cycle_id AND d.user_id = u.user_id AND d.policy_key = c.policy_key AND d.action_key = c.action_key
