"""Sends with the real Python SDK: ``python send.py URL WRITE_KEY``."""

import sys
from datetime import UTC, datetime

import rudderstack.analytics as rudder

rudder.dataPlaneUrl, rudder.write_key = sys.argv[1:]
failed: list = []
rudder.on_error = lambda error, batch: failed.append((error, len(batch)))

rudder.identify("u1", {"plan": "free", "name": "Zoë \u0000 中文"})
rudder.track("u1", "workout_completed", {"workout_type": "yoga", "duration_seconds": 1800})
rudder.track("u1", "plan_selected", {"selected_plan": "annual", "nested": {"a": [1, 2.5, None]}})
rudder.track(None, "app_opened", {}, anonymous_id="device-1")
rudder.track("u1", "pricing_viewed", timestamp=datetime(2026, 6, 1, 8, 30, tzinfo=UTC))
rudder.track("u1", "never_planned", {})
rudder.page("u1", "docs", "Pricing", {"path": "/pricing"})
rudder.screen("u1", "tabs", "Home")
rudder.group("u1", "team-1", {"size": 4})
rudder.alias("u0", "u1")
for number in range(250):
    rudder.track(f"b{number}", "app_opened", {"number": number})
rudder.flush()
rudder.shutdown()
print(failed)
sys.exit(1 if failed else 0)
