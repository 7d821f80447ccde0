"""Logs with a known truth: people, events under other names, and events that only look alike.

Three domains. In each, some planned events are sent under another name by one
platform, from one version on or from one day on, and other unplanned events are
no renames at all, however much they resemble a planned one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

START = datetime(2026, 5, 4, 8, 0, 0)
DAYS = 42
PLATFORMS = ("ios", "android", "web")

Properties = Callable[[random.Random], dict[str, Any]]


class Rename(NamedTuple):
    """An event under another name, with other names of its properties."""

    event: str
    name: str
    properties: Mapping[str, str] = MappingProxyType({})


class Decoy(NamedTuple):
    """An event of its own that nobody planned: after which event, how often, where."""

    name: str
    after: str
    share: float
    properties: Properties
    platforms: tuple[str, ...] = PLATFORMS


@dataclass(frozen=True)
class Domain:
    """How people move from event to event, what the events say, and what may be wrong."""

    first: str
    steps: dict[str, list[tuple[str, float]]]
    properties: dict[str, Properties]
    renames: list[Rename]
    decoys: list[Decoy]
    only: dict[str, str]
    """Planned events of one platform."""


def nothing(_chance: random.Random) -> dict[str, Any]:
    return {}


def workout(chance: random.Random) -> dict[str, Any]:
    return {"workout_type": chance.choice(["yoga", "hiit", "cardio", "strength"])}


def subscription(chance: random.Random) -> dict[str, Any]:
    plan = chance.choice(["monthly", "annual"])
    return {"plan": plan, "price": 9.99 if plan == "monthly" else 79.0}


def product(chance: random.Random) -> dict[str, Any]:
    sku = chance.randrange(60)
    return {"sku": f"SKU-{sku:03}", "price": 5.0 + sku * 1.5, "currency": "EUR"}


def order(chance: random.Random) -> dict[str, Any]:
    return {"value": round(chance.lognormvariate(4, 0.6), 2), "currency": "EUR"}


def hotel(chance: random.Random) -> dict[str, Any]:
    return {"hotel_id": f"h{chance.randrange(200)}", "price": round(chance.uniform(60, 400), 0)}


def search(chance: random.Random) -> dict[str, Any]:
    return {"city": chance.choice(["Bern", "Lyon", "Turin"]), "nights": chance.randint(1, 9)}


FITNESS = Domain(
    first="app_opened",
    steps={
        "app_opened": [("workout_started", 0.5), ("pricing_viewed", 0.25), ("video_watched", 0.1)],
        "workout_started": [("workout_completed", 0.8)],
        "workout_completed": [("workout_saved", 0.4), ("pricing_viewed", 0.1)],
        "workout_saved": [("workout_started", 0.15)],
        "video_watched": [("workout_started", 0.3)],
        "pricing_viewed": [("plan_compared", 0.35), ("checkout_started", 0.35)],
        "plan_compared": [("checkout_started", 0.5)],
        "checkout_started": [("subscription_started", 0.5), ("checkout_failed", 0.2)],
        "checkout_failed": [("checkout_started", 0.4), ("support_opened", 0.2)],
        "subscription_started": [("workout_started", 0.4), ("reminder_set", 0.3)],
    },
    properties={
        "workout_started": workout,
        "workout_completed": lambda c: workout(c) | {"duration_seconds": c.randint(300, 4000)},
        "workout_saved": workout,
        "video_watched": lambda c: {"video": f"v{c.randrange(30)}", "seconds": c.randint(5, 200)},
        "checkout_started": lambda c: {"plan": subscription(c)["plan"]},
        "subscription_started": subscription,
        "checkout_failed": lambda c: {"error": c.choice(["card_declined", "timeout"])},
    },
    renames=[
        Rename("checkout_started", "plan_selected", {"plan": "selected_plan"}),
        Rename("workout_completed", "Session Finished", {"duration_seconds": "length"}),
        Rename("pricing_viewed", "paywall_seen"),
        Rename("subscription_started", "Purchase Success", {"plan": "tier", "price": "amount"}),
        Rename("workout_saved", "routineStored"),
        Rename("workout_started", "workoutStarted"),
        Rename("plan_compared", "compare-plans-opened"),
    ],
    decoys=[
        Decoy("workout_paused", "workout_started", 0.3, workout),
        Decoy("workout_shared", "workout_saved", 0.4, workout),
        Decoy("subscription_renewed", "app_opened", 0.05, subscription),
        Decoy("payment_declined", "checkout_started", 0.25, subscription),
        Decoy(
            "plan_downgraded", "pricing_viewed", 0.1, lambda c: {"plan": subscription(c)["plan"]}
        ),
        Decoy("push_permission_given", "app_opened", 0.1, nothing, ("ios", "android")),
        Decoy("health_kit_linked", "app_opened", 0.08, nothing, ("ios",)),
        Decoy("widget_added", "workout_saved", 0.2, nothing, ("android",)),
    ],
    only={"support_opened": "web", "reminder_set": "ios"},
)
SHOP = Domain(
    first="session_started",
    steps={
        "session_started": [("product_viewed", 0.6), ("search_made", 0.3)],
        "search_made": [("product_viewed", 0.7), ("search_made", 0.1)],
        "product_viewed": [("product_added", 0.3), ("product_viewed", 0.3), ("chat_opened", 0.05)],
        "product_added": [("cart_viewed", 0.5), ("product_viewed", 0.3)],
        "cart_viewed": [("checkout_started", 0.5), ("product_viewed", 0.2)],
        "checkout_started": [("order_completed", 0.6), ("store_located", 0.1)],
        "order_completed": [("newsletter_joined", 0.15)],
    },
    properties={
        "search_made": lambda c: {
            "query": c.choice(["shoes", "coat", "hat"]),
            "hits": c.randint(0, 80),
        },
        "product_viewed": product,
        "product_added": lambda c: product(c) | {"quantity": c.choice([1, 1, 1, 2])},
        "cart_viewed": lambda c: {"items": c.randint(1, 5)},
        "checkout_started": order,
        "order_completed": lambda c: order(c) | {"order_id": f"o-{c.randrange(10**9)}"},
        "newsletter_joined": lambda c: {"list": c.choice(["weekly", "sale"])},
    },
    renames=[
        Rename("product_added", "Add To Basket", {"sku": "product_id", "price": "amount"}),
        Rename("order_completed", "purchase", {"value": "total", "order_id": "transaction"}),
        Rename("product_viewed", "item_seen", {"sku": "item"}),
        Rename("cart_viewed", "basketOpened", {"items": "count"}),
        Rename("checkout_started", "Checkout Started"),
        Rename("search_made", "query_sent", {"query": "text"}),
    ],
    decoys=[
        Decoy("product_removed", "cart_viewed", 0.3, product),
        Decoy("wishlist_added", "product_viewed", 0.2, product),
        Decoy("product_zoomed", "product_viewed", 0.3, product, ("web",)),
        Decoy("order_refunded", "session_started", 0.05, order),
        Decoy("payment_failed", "checkout_started", 0.25, order),
        Decoy("coupon_applied", "cart_viewed", 0.2, lambda c: {"value": c.choice([5, 10])}),
        Decoy("face_id_used", "checkout_started", 0.3, nothing, ("ios",)),
        Decoy(
            "app_rated", "order_completed", 0.2, lambda c: {"stars": c.randint(1, 5)}, ("android",)
        ),
    ],
    only={"chat_opened": "web", "store_located": "android"},
)
TRAVEL = Domain(
    first="home_viewed",
    steps={
        "home_viewed": [("search_run", 0.7), ("trip_opened", 0.15)],
        "search_run": [("hotel_viewed", 0.6), ("search_run", 0.2), ("map_opened", 0.1)],
        "hotel_viewed": [("hotel_viewed", 0.3), ("room_selected", 0.3), ("photo_opened", 0.2)],
        "photo_opened": [("room_selected", 0.2), ("hotel_viewed", 0.4)],
        "room_selected": [("booking_started", 0.6)],
        "booking_started": [("booking_paid", 0.6), ("booking_dropped", 0.2)],
        "booking_paid": [("trip_opened", 0.3), ("wallet_added", 0.2)],
        "map_opened": [("hotel_viewed", 0.5)],
    },
    properties={
        "search_run": search,
        "hotel_viewed": hotel,
        "room_selected": lambda c: hotel(c) | {"room": c.choice(["single", "double", "suite"])},
        "booking_started": hotel,
        "booking_paid": lambda c: hotel(c) | {"method": c.choice(["card", "wallet", "invoice"])},
        "booking_dropped": lambda c: {"reason": c.choice(["price", "dates"])},
        "photo_opened": lambda c: {"number": c.randint(1, 20)},
    },
    renames=[
        Rename("search_run", "SearchSubmitted", {"city": "destination"}),
        Rename("hotel_viewed", "property_page", {"hotel_id": "id", "price": "rate"}),
        Rename("room_selected", "Room Chosen"),
        Rename("booking_paid", "payment_complete", {"method": "paid_with"}),
        Rename("photo_opened", "gallery_view", {"number": "index"}),
        Rename("booking_started", "bookingStarted"),
    ],
    decoys=[
        Decoy("hotel_saved", "hotel_viewed", 0.2, hotel),
        Decoy("room_compared", "hotel_viewed", 0.2, hotel),
        Decoy("booking_changed", "trip_opened", 0.3, hotel),
        Decoy("payment_retried", "booking_started", 0.2, hotel),
        Decoy("price_alert_set", "search_run", 0.1, search),
        Decoy("voice_search_used", "home_viewed", 0.1, nothing, ("android",)),
        Decoy("pass_shown", "trip_opened", 0.3, nothing, ("ios",)),
    ],
    only={"wallet_added": "ios", "map_opened": "web"},
)
DOMAINS = {"fitness": FITNESS, "shop": SHOP, "travel": TRAVEL}


class Story(NamedTuple):
    """A log, the plan it is held against, and what is true about it."""

    requests: list[tuple[datetime, list[dict[str, Any]]]]
    plan: dict[str, Any]
    truth: dict[str, str]
    """Name that is sent → the event it is."""


def story(domain: Domain, seed: int, people: int = 300) -> Story:
    """A log of six weeks with about three renames and five decoys; the same for a seed."""
    chance = random.Random(seed)
    renames = chance.sample(domain.renames, k=chance.randint(2, 4))
    decoys = chance.sample(domain.decoys, k=min(5, len(domain.decoys)))
    changed = {rename.event: (rename, _where(chance)) for rename in renames}
    days: dict[datetime, list[dict[str, Any]]] = {}
    for number in range(people):
        platform = chance.choice(PLATFORMS)
        updated = START + timedelta(days=chance.randint(5, DAYS - 5))
        for _ in range(chance.randint(2, 7)):
            at = START + timedelta(minutes=chance.randrange(DAYS * 1440))
            version = "5.2" if at > updated else "4.9"
            if chance.random() < 0.03:
                platform = chance.choice(PLATFORMS)
            for event in _session(domain, decoys, changed, chance, (platform, version, at)):
                event["userId"] = f"u{number}"
                days.setdefault(at.replace(hour=0, minute=0), []).append(event)
    requests = [
        (max(datetime.fromisoformat(one["timestamp"]) for one in events), events)
        for _, events in sorted(days.items())
    ]
    names = {
        domain.first,
        *domain.steps,
        *(to for to_all in domain.steps.values() for to, _ in to_all),
    }
    plan = {"events": {name: {} for name in sorted(names)}}
    return Story(requests, plan, {rename.name: rename.event for rename in renames})


def _where(chance: random.Random) -> Callable[[str, str, datetime], bool]:
    """The part of the world in which an event has its other name."""
    platform = chance.choice(PLATFORMS)
    day = START + timedelta(days=chance.randint(10, DAYS - 10))
    return chance.choice(
        [
            lambda on, _version, _at: on == platform,
            lambda on, _version, _at: on != platform,
            lambda on, version, _at: on == platform and version == "5.2",
            lambda on, _version, at: on == platform and at >= day,
        ]
    )


def _session(
    domain: Domain,
    decoys: list[Decoy],
    changed: dict[str, tuple[Rename, Callable[[str, str, datetime], bool]]],
    chance: random.Random,
    at: tuple[str, str, datetime],
) -> list[dict[str, Any]]:
    platform, version, moment = at
    name: str | None = domain.first
    found: list[dict[str, Any]] = []

    def say(sent: str, properties: dict[str, Any]) -> None:
        nonlocal moment
        context = {"os": {"name": platform}, "app": {"version": version}}
        found.append(
            {
                "type": "track",
                "event": sent,
                "properties": properties,
                "timestamp": moment.isoformat(),
                "context": context,
                "messageId": f"m{chance.getrandbits(60)}",
            }
        )
        moment += timedelta(seconds=chance.randint(5, 400))

    while name is not None and len(found) < 30:
        if domain.only.get(name, platform) == platform:
            properties = domain.properties.get(name, nothing)(chance)
            rename, applies = changed.get(name, (None, None))
            if rename and applies and applies(platform, version, at[2]):
                say(rename.name, {rename.properties.get(k, k): v for k, v in properties.items()})
            else:
                say(name, properties)
        for decoy in decoys:
            if (
                decoy.after == name
                and platform in decoy.platforms
                and chance.random() < decoy.share
            ):
                say(decoy.name, decoy.properties(chance))
        roll, following = chance.random(), None
        for to, share in domain.steps.get(name, []):
            if roll < share:
                following = to
                break
            roll -= share
        name = following
    return found
