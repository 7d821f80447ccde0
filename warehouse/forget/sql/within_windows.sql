user_id IS NULL AND EXISTS (
    SELECT 1 FROM forgotten_windows
    WHERE device = anonymous_id AND (start_at IS NULL OR event_time >= start_at) AND (end_at IS NULL OR event_time < end_at)
)
