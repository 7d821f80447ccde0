"""Sends one event with the real Python SDK: ``python one.py URL WRITE_KEY``; says what it heard."""

import logging
import sys

import rudderstack.analytics as rudder

logging.disable(logging.CRITICAL)
rudder.dataPlaneUrl, rudder.write_key = sys.argv[1:]
failed: list = []
rudder.on_error = lambda error, batch: failed.append(error)
rudder.track("u1", "app_opened", {"number": 1})
rudder.flush()
rudder.shutdown()
print("gave up" if failed else "sent")
