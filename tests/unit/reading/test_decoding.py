"""Foreign bytes become characters as a browser would show them, and never an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.capture import Flag
from crawler.reading.decoding import declared_in, decode

TERM = "月息1.5分，保本保息，名额有限"


def page(label: str, term: str = TERM, title: str = "") -> str:
    return f'<html><head><meta charset="{label}"><title>{title}</title></head><p>{term}</p></html>'


@given(st.binary(max_size=300), st.lists(st.text(max_size=12), max_size=3))
def test_any_bytes_under_any_label_give_storable_text(body: bytes, declared: list[str]) -> None:
    found = decode(body, declared)

    assert "\0" not in found.text
    found.text.encode("utf-8")  # no lone surrogate


@given(st.text(alphabet=st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"])))
def test_what_is_utf8_is_read_as_utf8_whatever_it_declares(text: str) -> None:
    marked = "<p>" + text

    assert decode(marked.encode(), ["gbk"]).text == marked


@pytest.mark.fault("W25")
@pytest.mark.parametrize("label", ["rot13", "base64", "hex", "bz2", "punycode", "undefined"])
def test_a_label_only_python_knows_is_no_label(label: str) -> None:
    found = decode(page(label).encode("gb18030"), [label])

    assert TERM in found.text
    assert found.encoding == "gb18030"


@pytest.mark.fault("W26")
@pytest.mark.parametrize("label", ["unicode_escape", "utf-32", "hz", "utf-7", "hz-gb-2312"])
def test_a_label_no_browser_knows_is_no_label(label: str) -> None:
    found = decode(page(label).encode("gb18030"), [label])

    assert TERM in found.text
    assert (found.encoding, found.declared) == ("gb18030", (label,))


@pytest.mark.fault("W27")
@pytest.mark.parametrize(
    ("written", "header", "meta"),
    [
        ("gb18030", "utf-8", "utf-8"),
        ("utf-8", "gbk", "gb2312"),
        ("gb18030", "utf-8", "gb2312"),
        ("gb18030", "iso-8859-1", "iso-8859-1"),
        ("gb18030", "big5", "euc-kr"),
        ("utf-8", "big5", "shift_jis"),
    ],
)
def test_a_false_label_does_not_hide_the_term(written: str, header: str, meta: str) -> None:
    found = decode(page(meta).encode(written), [header])

    assert TERM in found.text
    assert found.declared == tuple(dict.fromkeys((header, meta)))


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("big5", "投資理財，保證獲利"),
        ("shift_jis", "高収益の投資です"),
        ("euc-kr", "원금 보장 투자"),
        ("windows-1252", "café à Genève"),
    ],
)
def test_an_honest_label_is_respected(label: str, text: str) -> None:
    found = decode(page(label, text).encode(label), [])

    assert text in found.text
    assert found.encoding == label


def test_traditional_chinese_without_a_label_is_recognised() -> None:
    text = "我們的公司為客戶提供投資理財服務，保證獲利，請與我們聯繫"

    found = decode(text.encode("big5"))

    assert (found.text, found.encoding) == (text, "big5")


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides(codec: str) -> None:
    found = decode(page("gbk").encode(codec), ["gbk"])

    assert found.text == page("gbk")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_wide_characters_without_a_mark_are_seen(codec: str) -> None:
    assert TERM in decode(page("utf-8").encode(codec)).text


@pytest.mark.fault("W28")
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_character_cut_at_the_size_limit_is_left_out_and_flagged(codec: str) -> None:
    found = decode(page("x").encode(codec) + "保".encode(codec)[:-1])

    assert found.text == page("x")
    assert found.flags == (Flag.DECODE_TRUNCATED,)


@pytest.mark.fault("W28")
def test_an_encoded_surrogate_is_replaced_and_flagged() -> None:
    found = decode(page("utf-8").encode() + b"\xed\xa0\x80" + TERM.encode())

    assert found.text.count(TERM) == 2
    assert found.flags == (Flag.DECODE_ERROR,)
    found.text.encode("utf-8")


@pytest.mark.fault("W29")
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_term_after_or_around_a_nul_is_still_there(codec: str) -> None:
    found = decode("<title>\0某某</title><p>\0保\0本保息".encode(codec))

    assert found.text == "<title>某某</title><p>保本保息"
    assert Flag.DECODE_ERROR in found.flags


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_one_broken_byte_does_not_turn_the_page_into_rubbish(codec: str) -> None:
    body = page("utf-8").encode(codec) + b"\xff" + TERM.encode(codec)

    found = decode(body, ["iso-8859-1"])

    assert found.text.count(TERM) == 2
    assert (found.encoding, found.flags) == (codec, (Flag.DECODE_ERROR,))


@pytest.mark.parametrize(
    "head",
    [
        b'<meta charset="gb2312">',
        b"<META http-equiv=Content-Type content='text/html; CHARSET = gb2312'>",
        b"<meta\ncharset=gb2312>",
    ],
)
def test_the_pages_own_label_is_found(head: bytes) -> None:
    assert declared_in(b"<html><head>" + head) == ("gb2312",)
