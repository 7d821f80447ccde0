SELECT DISTINCT user_id FROM identity_map WHERE value = $value AND ($kind IS NULL OR kind = $kind) ORDER BY user_id
