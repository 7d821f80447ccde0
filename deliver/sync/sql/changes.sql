-- Users of whom a tool was not told what holds now: before (nothing where it is told whole: it took nothing, or it drifted) and after (nothing: to be taken out, of whatever it was told).
INSERT INTO sync_changes
SELECT
    $sync,
    COALESCE(w.user_id, s.user_id) AS user_id,
    CASE WHEN s.problem IS NULL OR w.document IS NULL THEN s.document END AS before,
    w.document AS after
FROM sync_wanted w
FULL JOIN (SELECT user_id, document, problem FROM synced_profiles WHERE sync = $sync) s ON s.user_id = w.user_id
WHERE w.document IS DISTINCT FROM s.document OR s.problem = 'drifted'
