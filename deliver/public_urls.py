"""URLs that somebody else names: which of them may be called, and which lead somewhere else.

Two looks, because a name may mean another machine a moment later: at the URL when it is set up,
and at every address of its host when it is called (``deliver.transport``).
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]!$&'()*+,;=%]+", re.ASCII)
"""What a URL is made of, less ``@`` and ``#``: what stands before the one is a name and a
password, and what stands after the other is never sent."""
_IN_DISGUISE = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+", re.ASCII)
"""A host that ends like this is an IPv4 address to whoever calls it: 2130706433, 0x7f.1, 127.1."""
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}", re.ASCII)
_LONGEST_NAME = 253
_NOT_PUBLIC = ("localhost", "local", "internal", "localdomain", "home.arpa")
_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def why_not_called(url: str, *, allow_private: bool) -> str | None:
    """Why a URL is not one to send to, as what can be said of it; None: it is.

    ``allow_private``: whether http and hosts inside the own network are wanted.
    """
    if not _PLAIN.fullmatch(url):
        return "has a sign that is not for URLs, credentials or a fragment: write it plainly"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "cannot be read as a URL"
    if parts.scheme not in ("https", *(["http"] if allow_private else [])):
        return "must begin with https://"
    host = (parts.hostname or "").removesuffix(".")
    named = _is_name(host) and "[" not in parts.netloc
    if port == 0 or not (named or _literal(host)):
        return "has no host that can be called"
    return None if allow_private else _why_not_public(host)


def is_public(address: str) -> bool:
    """Whether an IP address is on the public Internet, whatever it is wrapped in."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour or _behind_nat64(one)
        if inner is None:
            return one in _UNICAST and one.is_global
        one = inner
    return one.is_global and not one.is_multicast


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= _LONGEST_NAME and all(
        _LABEL.fullmatch(one) and _is_encoded_well(one) for one in labels
    )


def _is_encoded_well(label: str) -> bool:
    """Whether letters outside ASCII, which a label may stand for, are there once it is decoded."""
    try:
        return bool(label.encode("ascii").decode("idna"))
    except UnicodeError:
        return False


def _why_not_public(host: str) -> str | None:
    labels = host.split(".")
    address = _literal(host)
    if address is not None and is_public(address):
        return None
    if address is not None:
        return f"leads to {host}, which is not on the public Internet"
    if _IN_DISGUISE.fullmatch(labels[-1]):
        return f"leads to {host}, an IP address in disguise: write the name of the host"
    if len(labels) == 1 or any(host == one or host.endswith(f".{one}") for one in _NOT_PUBLIC):
        return f"leads to {host}, which is a name of the own network"
    return None


def _literal(host: str) -> str | None:
    """The address that a host is written as, if it is written as one in the usual way."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _behind_nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address not in _NAT64:
        return None
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
