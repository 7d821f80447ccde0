"""Guardrail policies on what is sent, to whom and how often, whatever sends it.

Rules, policies and journeys are held to the same: each is one function from the facts that they
have in common to a finding or None, and its docstring is its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from core.artifacts import Edit, Finding
from core.message_words import said, template_of, text_of
from core.rules import Action, ContactPolicy
from core.sending import Sending


def consent_path(sending: Sending) -> Finding | None:
    """A marketing message goes only through a channel whose consent can be checked."""
    for _, action in _marketing(sending):
        if not _asking(action, sending):
            return Finding(
                policy="consent_path",
                severity="block",
                message=f"{action.name} is marketing, but none of its channels "
                f"({', '.join(action.channels)}) checks consent.",
                fix="Send it by a channel that records consent, such as email or push.",
            )
    return None


def every_channel_asks_consent(sending: Sending) -> Finding | None:
    """No channel of a marketing message gets around consent."""
    free = {
        place: (action, [one for one in action.channels if one not in _asking(action, sending)])
        for place, action in _marketing(sending)
        if len(_asking(action, sending)) < len(action.channels)
    }
    if not free:
        return None
    action, around = next(iter(free.values()))
    kept = {place: _asking(one, sending) for place, (one, _) in free.items()}
    return Finding(
        policy="every_channel_asks_consent",
        severity="warn",
        message=f"{action.name} is marketing and may go by {', '.join(around)}, where nobody is "
        "asked for consent.",
        fix="Leave that channel out.",
        patch=by_channels(kept, sending),
    )


def contact_is_capped(sending: Sending) -> Finding | None:
    """Some frequency cap limits every marketing message."""
    contact = sending.contact
    if contact is None:
        return None
    free = [action for _, action in _marketing(sending) if not _is_capped(action, contact)]
    if not free:
        return None
    return Finding(
        policy="contact_is_capped",
        severity="warn",
        message=f"No frequency cap limits {_names(free)}: nothing says how often is too often.",
        fix="Have an admin add a cap on marketing to the contact policy, such as 3 in 7 days.",
    )


def quiet_hours_are_kept(sending: Sending) -> Finding | None:
    """Marketing waits while people sleep."""
    contact = sending.contact
    if contact is None or contact.quiet_hours or not [*_marketing(sending)]:
        return None
    return Finding(
        policy="quiet_hours_are_kept",
        severity="warn",
        message="The contact policy has no quiet hours: a message may come at any time of night.",
        fix="Have an admin set quiet hours, such as 21:00 to 08:00 where the user is.",
    )


def time_zones_are_known(sending: Sending) -> Finding | None:
    """Quiet hours can be kept only where the time zone of people is known."""
    quiet = sending.contact.quiet_hours if sending.contact else None
    if quiet is None or not sending.without_zone or not _is_quieted(sending):
        return None
    share = sending.without_zone / max(sum(one.users for one in sending.people), 1)
    if quiet.fallback_zone is None:
        message = f"{sending.without_zone:,} of the audience have no time zone that is known, and "
        message += "quiet hours name no zone for them: they get nothing."
    elif share > sending.policies.unknown_zone_share:
        message = f"{share:.0%} of the audience have no time zone that is known: quiet hours are "
        message += f"those of {quiet.fallback_zone}, which may be their night."
    else:
        return None
    return Finding(
        policy="time_zones_are_known",
        severity="warn",
        message=message,
        fix="Fill in the time zone, or name a fallback zone where most of them live.",
    )


def class_is_honest(sending: Sending) -> Finding | None:
    """What sells is called marketing: other classes need no consent."""
    others = {place: one for place, one in sending.actions_at() if one.message_class != "marketing"}
    selling = {place: [*_selling(one, sending)] for place, one in others.items()}
    words = {place: _sounds(one, sending) for place, one in others.items()}
    wrong = {place: one for place, one in others.items() if selling[place] or words[place]}
    if not wrong:
        return None
    worst = next((place for place in wrong if selling[place]), next(iter(wrong)))
    listed = ", ".join(f"'{word}'" for word in words[worst])
    action = wrong[worst]
    return Finding(
        policy="class_is_honest",
        severity="block" if selling[worst] else "warn",
        message=f"{action.name} is called {action.message_class}, which needs no consent, but "
        f"{selling[worst][0] if selling[worst] else f'it says {listed}'}.",
        fix="Make it marketing, or say it without selling.",
        patch=_made_marketing(wrong, sending),
    )


def destination_is_usable(sending: Sending) -> Finding | None:
    """Every channel goes to a destination that is configured."""
    broken = {
        name: reason
        for _, action in sending.actions_at()
        for name in action.channels
        if name in sending.channels and (reason := sending.channels[name].unusable)
    }
    if not broken:
        return None
    name, reason = next(iter(broken.items()))
    return Finding(
        policy="destination_is_usable",
        severity="block",
        message=f"{name} goes to '{sending.channels[name].destination}', where nothing can be "
        f"sent: {reason}",
        fix="Mend it in pilothouse.toml, or route the channel elsewhere with "
        "'pilothouse destinations route'.",
        patch=_without(broken, sending),
    )


def reach_is_like_before(sending: Sending) -> Finding | None:
    """A new version reaches about as many people as the one it replaces."""
    before, limit = sending.before, sending.policies.reach_jump
    if before is None or (
        sending.audience <= before * limit and before <= sending.audience * limit
    ):
        return None
    return Finding(
        policy="reach_is_like_before",
        severity="warn",
        message=f"It reaches {sending.audience:,} people; the version that is live reaches "
        f"{before:,}.",
        fix="Look at who enters and who leaves: is every one of them meant?",
    )


def nobody_is_asked_twice(sending: Sending) -> Finding | None:
    """People whom a live policy decides about first are worth a second look."""
    share = sending.policies.overlap_share
    covered = [one for one in sending.rivals if one.share >= share]
    if not covered:
        return None
    listed = ", ".join(f"{one.key} ({one.share:.0%})" for one in covered)
    return Finding(
        policy="nobody_is_asked_twice",
        severity="warn",
        message=f"Most of the audience is also meant by a live policy that goes first: {listed}.",
        fix="Add it to that policy at the tier where it belongs.",
    )


SENDING_POLICIES: tuple[Callable[[Sending], Finding | None], ...] = (
    consent_path,
    every_channel_asks_consent,
    contact_is_capped,
    quiet_hours_are_kept,
    time_zones_are_known,
    class_is_honest,
    destination_is_usable,
    reach_is_like_before,
    nobody_is_asked_twice,
)


def _marketing(sending: Sending) -> Iterator[tuple[str, Action]]:
    for place, action in sending.actions_at():
        if action.message_class == "marketing":
            yield place, action


def _asking(action: Action, sending: Sending) -> tuple[str, ...]:
    """The channels of an action that ask for consent."""
    return tuple(one for one in action.channels if sending.consent_purposes.get(one))


def _is_capped(action: Action, contact: ContactPolicy) -> bool:
    """Whether some cap limits an action, whichever of its channels it goes by."""
    caps = [cap for cap in contact.caps if cap.n is not None]
    return all(
        any(cap.limits(action.message_class, one, action.exclusion_group) for cap in caps)
        for one in action.channels
    )


def _is_quieted(sending: Sending) -> bool:
    return any(one.message_class != "transactional" for _, one in sending.actions_at())


def _selling(action: Action, sending: Sending) -> Iterator[str]:
    """What shows that an action sells."""
    if action.offer is not None:
        yield f"it brings the offer '{action.offer.key}'"
    if action.goal_event in sending.commercial_events:
        yield f"its goal is that people buy ({action.goal_event})"
    template = template_of(action, sending.templates)
    if template and any(one.offer is not None for one in template.variables.values()):
        yield f"its template '{action.template_key}' tells an offer"


def _sounds(action: Action, sending: Sending) -> tuple[str, ...]:
    """The words of marketing that a message has."""
    return said(sending.policies.marketing_words, text_of(action, sending.templates))


def by_channels(kept: Mapping[str, Sequence[str]], sending: Sending) -> tuple[Edit, ...]:
    """Leaves each action, by its place, the channels that are kept; none where one could not go."""
    left = {
        place: action.model_copy(update={"channels": tuple(kept[place])})
        for place, action in sending.actions_at()
        if place in kept
    }
    if not all(_may_go(action, sending) for action in left.values()):
        return ()
    return tuple(
        Edit(path=f"{place}/channels", value=[*action.channels]) for place, action in left.items()
    )


def _made_marketing(wrong: Mapping[str, Action], sending: Sending) -> tuple[Edit, ...]:
    """Only where every channel asks for consent."""
    made = [one.model_copy(update={"message_class": "marketing"}) for one in wrong.values()]
    if not all(_may_go(one, sending) for one in made):
        return ()
    if any(len(_asking(one, sending)) < len(one.channels) for one in made):
        return ()
    return tuple(Edit(path=f"{place}/message_class", value="marketing") for place in wrong)


def _without(broken: Mapping[str, str], sending: Sending) -> tuple[Edit, ...]:
    return by_channels(
        {
            place: [one for one in action.channels if one not in broken]
            for place, action in sending.actions_at()
            if broken.keys() & {*action.channels}
        },
        sending,
    )


def _may_go(action: Action, sending: Sending) -> bool:
    """Whether it has channels left, one of them with consent, and no cap forbids it altogether."""
    if not action.channels or (
        action.message_class == "marketing" and not _asking(action, sending)
    ):
        return False
    caps = sending.contact.caps if sending.contact else ()
    return action.message_class == "transactional" or not any(
        cap.n == 0
        and all(
            cap.limits(action.message_class, one, action.exclusion_group) for one in action.channels
        )
        for cap in caps
    )


def _names(actions: list[Action]) -> str:
    return ", ".join(dict.fromkeys(action.name for action in actions))
