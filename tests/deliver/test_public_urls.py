"""URLs that somebody else names: none of them leads into the own network."""

from __future__ import annotations

import pytest

from deliver.public_urls import is_public, why_not_called


def _why(url: str, *, allow_private: bool = False) -> str | None:
    return why_not_called(url, allow_private=allow_private)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/pilothouse",
        "https://hooks.example.com:8443/a?team=growth&x=%20",
        "https://hooks.example.com.",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://localhost.example.com/",
        "https://7-eleven.com/",
    ],
)
def test_a_host_of_the_public_internet_may_be_called(url: str) -> None:
    assert _why(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "javascript:alert(1)",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://",
        "https:///path",
        "https://:443/",
        "",
        " https://hooks.example.com/",
        "https://hooks.example.com/\n",
    ],
)
def test_what_is_no_https_url_is_refused(url: str) -> None:
    assert _why(url) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/",
        "https://hooks.example.com#@127.0.0.1/",
        "https://127.0.0.1\\@hooks.example.com/",
        "https://hooks.example.com\\.evil.example/",
        "https://hooks.example.com\t.evil.example/",
        "https://hooks.example.com%2f@127.0.0.1/",
        "https://%6c%6fcalhost/",
        "https://１２７.0.0.1/",
        "https://localhoſt/",
        "https://hooks。example。com/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:port/",
        "https://[::1/",
        "https://[v1.x]/",
        "https://hooks..example.com/",
        "https://.example.com/",
        "https://./",
        "https://-hooks.example.com/",
        f"https://{'a' * 64}.example.com/",
        f"https://{'a.' * 130}com/",
        "https://xn--.com/",
    ],
)
@pytest.mark.parametrize("allow_private", [False, True])
def test_a_url_that_reads_in_two_ways_is_refused_even_inside(url: str, allow_private: bool) -> None:
    assert _why(url, allow_private=allow_private) is not None


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[2001:db8::1]",
]
DISGUISED = [
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "127.0.0.01",
    "999.1.1.1",
    "1.2.3.4.5",
    "example.0x1",
]
NAMES = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "printer.local",
    "metadata.google.internal",
    "db",
    "router.home.arpa",
]


@pytest.mark.parametrize("host", [*PRIVATE, *DISGUISED, *NAMES])
def test_a_host_of_the_own_network_is_refused(host: str) -> None:
    assert _why(f"https://{host}/hook") is not None
    assert _why(f"https://{host}:8443/hook") is not None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/hook", "https://db/hook", "http://[::1]/"])
def test_the_own_network_may_be_called_where_the_settings_allow_it(url: str) -> None:
    assert _why(url, allow_private=True) is None


@pytest.mark.parametrize("host", PRIVATE)
def test_an_address_of_the_own_network_is_told_in_any_wrapping(host: str) -> None:
    assert not is_public(host.strip("[]"))
    assert not is_public(f"{host.strip('[]')}%eth0")


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"],
)
def test_a_public_address_is_told_in_any_wrapping(address: str) -> None:
    assert is_public(address)
