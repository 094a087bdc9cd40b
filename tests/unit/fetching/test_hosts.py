"""The hosts file: what a line gives, and what a bad line says."""

import pytest

from crawler.domain.errors import BadInput
from crawler.fetching.hosts import read_hosts


def test_a_line_gives_its_names_an_address_and_maybe_ports() -> None:
    table = read_hosts(["127.0.0.2:8080:8443 a.cn b.cn # x", "", "# words", "127.0.0.3 c.cn"])

    assert [str(p.spot(80)) for p in table.places_of("a.cn")] == [
        "Spot(address=IPv4Address('127.0.0.2'), port=8080)"
    ]
    assert table.places_of("b.cn")[0].spot(443).port == 8443
    assert table.places_of("c.cn")[0].spot(443).port == 443
    assert table.places_of("c.cn")[0].spot(8080).port == 8080


def test_a_star_stands_for_everything_below_and_the_nearer_line_wins() -> None:
    table = read_hosts(["127.0.0.2 *.a.cn", "127.0.0.3 *.b.a.cn", "127.0.0.4 x.b.a.cn"])

    last = {h: str(table.places_of(h)[0].address)[-1] for h in ("w.a.cn", "w.b.a.cn", "X.b.a.cn.")}

    assert last == {"w.a.cn": "2", "w.b.a.cn": "3", "X.b.a.cn.": "4"}
    assert table.places_of("a.cn") == ()


def test_a_name_on_two_lines_has_two_addresses() -> None:
    table = read_hosts(["127.0.0.1 a.cn", "[::1]:81 a.cn", "::2 a.cn"])

    assert [str(p.address) for p in table.places_of("a.cn")] == ["127.0.0.1", "::1", "::2"]
    assert table.places_of("a.cn")[1].spot(80).port == 81


def test_a_dash_says_that_a_name_does_not_exist() -> None:
    table = read_hosts(["- a.cn www.a.cn", "127.0.0.2 b.cn"])

    lacking = [host for host in ("A.cn", "www.a.cn.", "b.cn", "x.a.cn") if table.lacks(host)]

    assert lacking == ["A.cn", "www.a.cn."]


def test_a_chinese_name_is_known_by_its_ascii_form() -> None:
    assert read_hosts(["127.0.0.2 中文.cn"]).places_of("xn--fiq228c.cn")


@pytest.mark.parametrize(
    "line",
    ["a.cn", "127.0.0.2", "1.2.3 a.cn", "127.0.0.2:0 a.cn", "127.0.0.2:x a.cn", "127.0.0.2:99999 a",
     "127.0.0.2 a..cn", "[::1 a.cn extra-", "127.0.0.2:80:443:1 a.cn"],
)  # fmt: skip
def test_a_bad_line_is_named_by_its_number(line: str) -> None:
    with pytest.raises(BadInput, match="hosts 第 2 行"):
        read_hosts(["# first", line])
