"""Which destinations can be told of users, and by whom."""

from __future__ import annotations

from deliver.destinations.braze import Braze
from deliver.destinations.customerio import CustomerIo
from deliver.destinations.iterable import Iterable
from deliver.destinations.klaviyo import Klaviyo
from deliver.destinations.webhook import Webhook
from deliver.sync.braze import BrazeProfiles
from deliver.sync.customerio import CustomerIoProfiles
from deliver.sync.iterable import IterableProfiles
from deliver.sync.klaviyo import KlaviyoProfiles
from deliver.sync.profiles import Profiles
from deliver.sync.webhook import WebhookProfiles

KINDS = ("braze", "customerio", "iterable", "klaviyo", "webhook")
"""The kinds of destination that can be told."""


def profiles_of(destination: object) -> Profiles | None:
    """Whoever tells a destination of users; None where it cannot be told, as it is set up."""
    match destination:
        case Braze():
            return BrazeProfiles(destination)
        case CustomerIo() if destination.site_id and destination.api_key.get_secret_value():
            return CustomerIoProfiles(destination)
        case Iterable() if destination.known_by == "user_id":
            return IterableProfiles(destination)
        case Klaviyo():
            return KlaviyoProfiles(destination)
        case Webhook():
            return WebhookProfiles(destination)
        case _:
            return None
