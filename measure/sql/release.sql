-- When a version was released, by platform.
SELECT device_os, released_at FROM dim_releases WHERE app_version = :version
