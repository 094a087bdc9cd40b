"""Bytes in, characters out, as a browser would read them; it never fails and says what it guessed.

Strict UTF-8 first, else GB18030, else what was declared; an honest Big5 or Shift_JIS is respected.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

import webencodings

from crawler.domain.capture import Flag

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META_WINDOW = 4096
_META = re.compile(rb"<meta\b[^>]{0,512}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_LOST = "\ufffd"
# The characters that make up a third of ordinary Chinese text, in both scripts: a text read by
# the wrong double-byte table has hardly any of them.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种"
    "面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去"
    "把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但"
    "质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式"
    "活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回"
    "網站首頁公司產品服務聯繫我們關於更多信息登錄註冊會員技術支持版權所有這個說來時國為經發對開業務"
    "登录注册联系版权请输入号码客户投资金融保收益"
)
_HAN = re.compile("[\u4e00-\u9fff]")
_ABSENT = frozenset({"replacement", "x-user-defined"})
_SAMPLE = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The characters, the encoding that gave them, what went wrong, and all that was declared."""

    text: str
    encoding: str  # WHATWG name
    flags: tuple[Flag, ...] = ()
    declared: tuple[str, ...] = ()  # labels as found: header first, then the page's own


@dataclass(frozen=True, slots=True)
class _Reading:
    text: str
    encoding: str
    lost: int = 0
    truncated: bool = False


def decode(body: bytes, declared: Sequence[str] = ()) -> Decoded:
    """The text of any bytes at all. `declared` are labels from outside (the Content-Type)."""
    labels = tuple(dict.fromkeys((*declared, *declared_in(body))))
    reading = _by_mark(body) or _by_content(body, _known(labels))
    flags = (Flag.DECODE_ERROR,) * bool(reading.lost or "\0" in reading.text)
    flags += (Flag.DECODE_TRUNCATED,) * reading.truncated
    return Decoded(
        text=reading.text.replace("\0", ""),  # as a browser's parser does inside the body
        encoding=reading.encoding,
        flags=flags,
        declared=labels,
    )


def declared_in(body: bytes) -> tuple[str, ...]:
    """The labels that the page's own first kilobytes declare."""
    found = _META.findall(body[:_META_WINDOW])
    return tuple(dict.fromkeys(label.decode("ascii", "replace") for label in found))


def _known(labels: Sequence[str]) -> tuple[webencodings.Encoding, ...]:
    found = (webencodings.lookup(label) for label in labels if label.isascii())
    return tuple(one for one in found if one is not None and one.name not in _ABSENT)


def _by_mark(body: bytes) -> _Reading | None:
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return _lenient(body[len(mark) :], codec, codec.replace("-16-", "-16"))
    if len(body) >= 4 and body[1] == body[3] == 0 and body[0] and body[2]:
        return _lenient(body, "utf-16-le", "utf-16le")
    if len(body) >= 4 and body[0] == body[2] == 0 and body[1] and body[3]:
        return _lenient(body, "utf-16-be", "utf-16be")
    return None


def _by_content(body: bytes, declared: Sequence[webencodings.Encoding]) -> _Reading:
    utf8 = _read_strictly(body, "utf-8", "utf-8")
    if utf8 is not None:
        return utf8
    gb = _read_strictly(body, "gb18030", "gb18030")
    if gb is not None and _reads_as_chinese(gb):
        return gb
    utf8 = _lenient(body, "utf-8", "utf-8")
    if _mostly_whole(utf8):
        return utf8
    gb = gb or _lenient(body, "gb18030", "gb18030")
    others = [one for one in declared if one.name not in ("utf-8", "gbk", "gb18030")]
    return _best_of(gb, [_read(body, one.codec_info.name, one.name) for one in others], body)


def _best_of(gb: _Reading, others: list[_Reading], body: bytes) -> _Reading:
    """Among readings of which none is sure: the declared one, unless Chinese shows through."""
    if _reads_as_chinese(gb) and gb.lost * 20 < len(gb.text):
        return gb
    for other in others:
        if not other.lost or other.lost < gb.lost:
            return other
    if not others:
        big5 = _read(body, "big5hkscs", "big5")
        if _reads_as_chinese(big5) and big5.lost <= gb.lost:
            return big5
    return gb


def _read(body: bytes, codec: str, name: str) -> _Reading:
    return _read_strictly(body, codec, name) or _lenient(body, codec, name)


def _read_strictly(body: bytes, codec: str, name: str) -> _Reading | None:
    """None at the first broken byte; a character cut in two at the very end is left out."""
    try:
        return _Reading(body.decode(codec), name)
    except UnicodeDecodeError as error:
        if error.start < len(body) - 3 or not _is_cut(error.reason):
            return None
        return _Reading(body[: error.start].decode(codec), name, truncated=True)


def _is_cut(reason: str) -> bool:
    return "end of data" in reason or "incomplete" in reason


def _lenient(body: bytes, codec: str, name: str) -> _Reading:
    text = body.decode(codec, "replace")
    return _Reading(text, name, lost=text.count(_LOST))


def _mostly_whole(utf8: _Reading) -> bool:
    """A UTF-8 page with a few broken characters, not another encoding."""
    good = sum(not c.isascii() for c in utf8.text[:_SAMPLE]) - utf8.text.count(_LOST, 0, _SAMPLE)
    return good > 2 * utf8.text.count(_LOST, 0, _SAMPLE)


def _reads_as_chinese(reading: _Reading) -> bool:
    found = _HAN.findall(reading.text[:_SAMPLE])
    return len(found) > 1 and 6 * sum(c in _COMMON for c in found) > len(found)
