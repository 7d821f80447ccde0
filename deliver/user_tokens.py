"""Tokens by which an app shows whose inbox it asks for: short-lived, signed by the team's server.

A JSON Web Token with HS256: ``sub`` is the user, ``aud`` is ``pilothouse-inbox``, ``exp`` when it
ends. No clock here: the moment comes in, in naive UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jwk import OctKey

AUDIENCE = "pilothouse-inbox"
LONGEST = timedelta(days=30)
"""For how long a token may be good: a lost one is good for nothing some day."""
SKEW_SECONDS = 60
_ALGORITHM = "HS256"


class NotGood(ValueError):
    """A token that lets nobody in, and why."""


def made(user_id: str, secret: str, *, now: datetime, lasts: timedelta) -> str:
    """A token for a user; raises ``NotGood`` where it would last too long."""
    if not timedelta(0) < lasts <= LONGEST:
        raise NotGood(f"A token lasts {LONGEST.days} days at most.")
    issued = _seconds(now)
    claims = {
        "sub": user_id,
        "aud": AUDIENCE,
        "iat": issued,
        "exp": issued + int(lasts.total_seconds()),
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, OctKey.import_key(secret))


def user_of(token: str, secrets: Sequence[str], *, now: datetime) -> str:
    """Whose token it is; raises ``NotGood`` with the reason."""
    found = _decoded(token, secrets)
    registry = jwt.JWTClaimsRegistry(
        now=_seconds(now),
        leeway=SKEW_SECONDS,
        sub={"essential": True},
        aud={"essential": True, "value": AUDIENCE},
        exp={"essential": True},
    )
    try:
        registry.validate(found.claims)
    except ExpiredTokenError as error:
        raise NotGood("The token has expired.") from error
    except MissingClaimError as error:
        raise NotGood(f"The token has no {error.claim}.") from error
    except JoseError as error:
        raise NotGood(f"The token is not for the inbox of {AUDIENCE}.") from error
    user_id, ends = found.claims["sub"], found.claims["exp"]
    if not isinstance(user_id, str) or not user_id:
        raise NotGood("The token names no user.")
    if ends > _seconds(now) + LONGEST.total_seconds() + SKEW_SECONDS:
        raise NotGood(f"The token lasts longer than {LONGEST.days} days.")
    return user_id


def _decoded(token: str, secrets: Sequence[str]) -> jwt.Token:
    for secret in secrets:
        try:
            return jwt.decode(token, OctKey.import_key(secret), algorithms=[_ALGORITHM])
        except BadSignatureError:
            continue
        except (JoseError, ValueError) as error:
            raise NotGood("The token is not a JSON Web Token signed with HS256.") from error
    raise NotGood("The token is signed with none of the secrets that are known here.")


def _seconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
