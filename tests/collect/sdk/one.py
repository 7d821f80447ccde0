"""Sends one event with the real Python SDK and says what it heard.

``python one.py URL WRITE_KEY [SIZE]``: with a size, a text of so many characters, in two events
of one request, for this SDK refuses by itself to send one event of more than 4 MB.
"""

import logging
import sys

import rudderstack.analytics as rudder

logging.disable(logging.CRITICAL)
rudder.dataPlaneUrl, rudder.write_key, *size = sys.argv[1:]
failed: list = []
rudder.on_error = lambda error, batch: failed.append(error)
# So long a request waits for more events, unless it is full.
rudder.upload_interval = 5 if size else 0.5
for text in ["x" * (int(size[0]) // 2)] * 2 if size else [""]:
    rudder.track("u1", "app_opened", {"number": 1, "text": text})
rudder.flush()
rudder.shutdown()
print("gave up" if failed else "sent")
