SELECT conflict_id, kind, a, b, evidence, seen_at, state FROM identity_conflicts
WHERE ($conflict_id IS NULL OR conflict_id = $conflict_id) AND ($every OR state = 'open')
ORDER BY seen_at, conflict_id
