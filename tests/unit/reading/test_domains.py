"""What may be visited, in whatever spelling it is given; what may not, with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reading.cells import BadCell
from crawler.reading.domains import parts_of_names, parts_of_urls, place_in, plain_place, with_url
from crawler.reading.list_rules import ListRules

RULES = ListRules()


def reason_for(text: str) -> str:
    with pytest.raises(BadCell) as caught:
        [with_url(place_in(part, RULES)) for part in parts_of_urls(text)]
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "domain", "url"),
    [
        ("a.example.cn", "a.example.cn", "http://a.example.cn/"),
        ("www.a.example.cn", "a.example.cn", "http://www.a.example.cn/"),
        ("HTTPS://WWW.A.example.CN/Path?X=1", "a.example.cn", "https://www.a.example.cn/Path?X=1"),
        ("a.example.cn:8080/x", "a.example.cn", "http://a.example.cn:8080/x"),
        ("http://a.example.cn:80", "a.example.cn", "http://a.example.cn/"),
        ("a.example.cn.", "a.example.cn", "http://a.example.cn/"),
        ("//a.example.cn/", "a.example.cn", "http://a.example.cn/"),
        ("http://a.example.cn/#top", "a.example.cn", "http://a.example.cn/"),
        ("http://a.example.cn/首页", "a.example.cn", "http://a.example.cn/%E9%A6%96%E9%A1%B5"),
        ("www.com.cn.example", "com.cn.example", "http://www.com.cn.example/"),
        ("www.gov.cn", "www.gov.cn", "http://www.gov.cn/"),
        ("8.8.8.8", "8.8.8.8", "http://8.8.8.8/"),
        ("a_b.example.com", "a_b.example.com", "http://a_b.example.com/"),
    ],
)
def test_a_homepage_in_any_spelling_gives_one_host_and_one_url(
    given: str, domain: str, url: str
) -> None:
    place = with_url(place_in(given, RULES))

    assert (place.domain, place.url) == (domain, url)


@pytest.mark.fault("S03")
@pytest.mark.parametrize(
    "host",
    [
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "[fc00::1]",
        "[fe80::1]",
        "[::1]",
    ],
)
def test_inner_and_reserved_addresses_are_refused(host: str) -> None:
    assert "内部或保留地址" in reason_for(f"http://{host}/")


@pytest.mark.fault("S04")
@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "１２７.0.0.1",
        "127。0。0。1",
        "0x7f.1",
    ],
)
def test_odd_spellings_of_inner_addresses_are_recognised(host: str) -> None:
    assert "内部或保留地址" in reason_for(f"http://{host}/")


@pytest.mark.fault("S05")
def test_what_the_operator_calls_inner_is_refused_though_it_is_public() -> None:
    closed = ListRules(allows=lambda address: str(address) != "8.8.8.8")

    with pytest.raises(BadCell, match="内部或保留地址"):
        place_in("8.8.8.8", closed)
    assert "内部或保留地址" in reason_for("59.200.1.1")


@pytest.mark.fault("S06")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example.cn/",
        "chrome://settings",
        "view-source:http://a.example.cn/",
        "JavaScript:alert(1)",
        "mailto:b.cn",
        "ｊavascript：alert(1)",
    ],
)
def test_other_schemes_are_refused(url: str) -> None:
    assert "不支持的网址类型" in reason_for(url)


@pytest.mark.fault("S07")
@pytest.mark.parametrize(
    "port", ["22", "25", "3306", "6379", "9200", "0", "99999", "-1", "80abc", "８０８１", " 22"]
)
def test_only_listed_ports_are_allowed(port: str) -> None:
    assert reason_for(f"http://a.example.cn:{port}/")


@pytest.mark.fault("S07")
def test_a_bare_name_with_a_foreign_port_is_refused_too() -> None:
    assert "端口 22" in reason_for("a.example.cn:22")


@pytest.mark.fault("S08")
@pytest.mark.parametrize(
    "url",
    [
        "http://good.cn@127.0.0.1/",
        "http://127.0.0.1\\@good.cn/",
        "http://good.cn#@127.0.0.1/",
        "http://good.cn\t.evil.cn/",
        "http://go\tod.cn/",
        "http://user:pw@good.cn/",
        "http:/good.cn/",
        "http:\\\\good.cn",
        "http:good.cn",
        "http://good.cn\x00.evil.cn/",
        "http:///good.cn",
        "http://good.cn%2eevil.cn/",
        "http://good.cn／@127.0.0.1/",
        "http://[good.cn]/",
    ],
)
def test_urls_that_two_readers_could_read_differently_are_refused(url: str) -> None:
    assert reason_for(url)


@pytest.mark.fault("S09")
def test_a_chinese_name_and_its_punycode_are_one_site() -> None:
    written = place_in("测试.中国", RULES)
    coded = place_in("xn--0zwm56d.xn--fiqs8s", RULES)

    assert written.domain == coded.domain == "xn--0zwm56d.xn--fiqs8s"
    assert not written.notes


@pytest.mark.fault("S09")
@pytest.mark.parametrize("name", ["аbank.example.cn", "xn--bank-53d.example.cn", "аррӏе.com"])
def test_look_alike_letters_are_noted(name: str) -> None:
    assert "形近" in place_in(name, RULES).notes[0]


@pytest.mark.fault("S10")
@pytest.mark.parametrize(
    "name",
    [
        "a\u200b.example.cn",
        "\ufeffa.example.cn",
        "a.example\u200f.cn",
        "a．example．cn",
        "ａ.ｅxample.cn",
        "a.example.cn。",
        "\u00a0a.example.cn\u3000",
    ],
)
def test_dirt_inside_a_name_is_washed_off(name: str) -> None:
    (part,) = parts_of_names(name)

    assert place_in(part, RULES).domain == "a.example.cn"


@pytest.mark.fault("S11")
@pytest.mark.parametrize(
    "name",
    [
        "../../etc",
        "con",
        "a" * 300 + ".cn",
        "-a.example.cn",
        "a-.example.cn",
        "a\x00.cn",
        "..",
        "a..cn",
        ".",
        "a." + "b" * 64 + ".cn",
        "~root.cn",
        "a.cn%00.png",
        "'a'.cn",
        "a b",
    ],
)
def test_what_could_be_a_path_or_no_name_is_refused(name: str) -> None:
    assert reason_for(name)


@pytest.mark.fault("S19")
@pytest.mark.parametrize(
    "name",
    [
        "com.cn",
        "localhost",
        "intranet",
        "*.cn",
        "cn",
        "gov.cn",
        "公司.cn",
        "中国",
        "x.localhost",
        "router.local",
        "db.internal",
        "1.2.3.4.5",
        "256.1.1.1",
        "x.ck",
        "*.example.cn",
        "x.arpa",
    ],
)
def test_names_that_are_nobodys_site_are_refused(name: str) -> None:
    assert reason_for(name)


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("a.cn;b.cn", ["a.cn", "b.cn"]),
        ("a.cn； b.cn，c.cn、d.cn|e.cn\nf.cn", ["a.cn", "b.cn", "c.cn", "d.cn", "e.cn", "f.cn"]),
        (" ; ", []),
    ],
)
def test_several_names_in_a_cell_are_told_apart(cell: str, parts: list[str]) -> None:
    assert list(parts_of_names(cell)) == parts


def test_a_comma_inside_a_query_does_not_cut_the_url() -> None:
    assert list(parts_of_urls("http://a.cn/?q=1,2;http://b.cn")) == [
        "http://a.cn/?q=1,2",
        "http://b.cn",
    ]


@given(st.text(max_size=40))
def test_what_is_accepted_is_a_fixed_point(text: str) -> None:
    try:
        place = with_url(place_in(text, RULES))
    except BadCell:
        return

    assert place.url is not None
    again = with_url(place_in(place.url, RULES))
    assert (again.host, again.url) == (place.host, place.url)
    assert place.url.isascii()


@given(st.text(alphabet="abcnw.-19x", min_size=1, max_size=20))
def test_the_short_path_agrees_with_the_long_one(name: str) -> None:
    plain = plain_place(name)

    if plain is not None:
        assert place_in(name, RULES) == plain
