"""Spellings and wrappings of addresses, as a table."""

from ipaddress import ip_address

import pytest

from crawler.domain.address import address_of, embedded_v4, ends_in_number, is_public, unwrapped

SPELLINGS = {
    "2130706433": "127.0.0.1",
    "0x7f.1": "127.0.0.1",
    "0x7F000001": "127.0.0.1",
    "0177.0.0.1": "127.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "127.0.0.1.": "127.0.0.1",
    "１２７.0.0.1": "127.0.0.1",
    "127。0。0。1": "127.0.0.1",
    "%31%32%37.0.0.1": "127.0.0.1",
    "3232235521": "192.168.0.1",
    "0": "0.0.0.0",
    "0x": "0.0.0.0",
    "8.8.8.8": "8.8.8.8",
    "[::1]": "::1",
    "::1": "::1",
    "[fe80::1%eth0]": "fe80::1",
    "[::ffff:127.0.0.1]": "::ffff:7f00:1",
}
NAMES = ["example.com", "1e100.net", "1.2.3.4.5", "256.1.1.1", "08.1.1.1", "4294967296", "", "a:b"]
PRIVATE = (
    "0.0.0.0 0.1.2.3 10.0.0.1 59.192.0.1 59.255.255.255 100.64.0.1 127.0.0.1 127.255.0.9 "
    "169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 "
    "198.18.0.1 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 "
    ":: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:7f00:1 64:ff9b::7f00:1 "
    "64:ff9b:1::a00:1 2002:7f00:1:: 2002:a00:1:: 2001::1 2001:0:808:808::f7f7:f7f7 2001:db8::1 "
    "3fff::1 4000::1 5f00::1 fc00::1 fd12::1 fe80::1 fec0::1 ff02::1 100::1"
)
PUBLIC = (
    "1.1.1.1 8.8.8.8 59.191.255.255 59.128.0.1 114.114.114.114 100.63.255.255 100.128.0.1 "
    "172.15.0.1 172.32.0.1 223.255.255.254 2400:3200::1 2606:4700::1 ::ffff:8.8.8.8 "
    "64:ff9b::808:808 2002:808:808::1"
)


@pytest.mark.parametrize(("host", "meant"), SPELLINGS.items())
def test_an_odd_spelling_is_the_address_that_a_browser_would_dial(host: str, meant: str) -> None:
    assert address_of(host) == ip_address(meant)


@pytest.mark.parametrize("host", NAMES)
def test_a_name_is_no_address(host: str) -> None:
    assert address_of(host) is None


@pytest.mark.parametrize("text", PRIVATE.split())
def test_an_inner_address_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(ip_address(text))


def test_the_address_inside_another_is_found() -> None:
    found = {t: str(embedded_v4(ip_address(t))[-1]) for t in PRIVATE.split() if "7f00:1" in t}

    assert set(found.values()) == {"127.0.0.1"}


def test_only_a_number_at_the_end_can_be_meant_as_an_address() -> None:
    assert ends_in_number("1.2.3.4.5")
    assert ends_in_number("a.0x7f")
    assert not ends_in_number("4.example")


def test_a_mapped_address_dials_the_one_inside() -> None:
    assert unwrapped(ip_address("::ffff:127.0.0.1")) == ip_address("127.0.0.1")
    assert unwrapped(ip_address("2400:3200::1")) == ip_address("2400:3200::1")
