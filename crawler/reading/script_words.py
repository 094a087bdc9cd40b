"""Words that a page's scripts and style sheets would draw: strings in Chinese, escapes undone."""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from urllib.parse import unquote_to_bytes

_MOST_SOURCE = 400_000
_MOST_CHARS = 64_000
_LONGEST = 2_000
_BEFORE = 200  # how far before its first Chinese character a string may begin
_HAN = re.compile("[\u3400-\u9fff]")
_QUOTES = "\"'`"
_STRING_END = re.compile("[\"'`\n]")
_ESCAPES = {
    "\\u": re.compile(r"\\u(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})"),
    "%u": re.compile(r"%u([0-9a-fA-F]{4})"),
    "\\x": re.compile(r"\\x([0-9a-fA-F]{2})"),
}
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{4,6})\s?")
_CSS_CONTENT = re.compile(r"content\s*:\s*(?:\"([^\"\n]{1,2000})\"|'([^'\n]{1,2000})')")
_CODES = re.compile(r"fromCharCode\(\s*((?:\d{2,6}\s*,\s*){1,1000}\d{2,6})\s*\)")
_BASE64 = re.compile(r"atob\(\s*[\"']([A-Za-z0-9+/=]{8,8000})[\"']")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){3,3000}")
_MARKUP = re.compile(r"<[^<>]{0,1000}>|^[^<>]{0,200}>|<[^<>]{0,1000}$")


def words_in_script(source: str) -> Iterator[str]:
    """Chinese strings of one script, in order; bounded in size and time."""
    source = source[:_MOST_SOURCE]
    for mark, escape in _ESCAPES.items():
        if mark in source:
            source = escape.sub(lambda m: _character(m[m.lastindex or 0]), source)
    if not source.isascii():
        yield from _strings(source)
    for mark, read in _CODED.items():
        if mark in source:
            yield from filter(_HAN.search, read(source))


def words_in_style(source: str) -> Iterator[str]:
    """Chinese text that a style sheet sets before or after an element."""
    source = source[:_MOST_SOURCE]
    if "content" not in source:
        return
    for double, single in _CSS_CONTENT.findall(source):
        text = _CSS_ESCAPE.sub(lambda m: _character(m[1]), double or single)
        if _HAN.search(text):
            yield text


def gathered(words: Iterable[str]) -> str:
    """One line a string, each once, up to the limit."""
    lines = dict.fromkeys(line for text in words if (line := _shown(text)))
    return "\n".join(lines)[:_MOST_CHARS]


def html_words(source: str) -> str:
    """The words of a piece of markup that no parser sees as markup."""
    plain = html.unescape(_MARKUP.sub("", source[:_MOST_CHARS])).replace("\0", "")
    return " ".join(plain.split())


def _shown(text: str) -> str:
    return html_words(text)[:_LONGEST]


def _strings(source: str) -> Iterator[str]:
    """What stands between quotes and has a Chinese character; a comment stands between none."""
    found = _HAN.search(source)
    while found:
        start, lowest = found.start(), max(0, found.start() - _BEFORE)
        left = max(source.rfind(mark, lowest, start) for mark in (*_QUOTES, "\n"))
        end = _STRING_END.search(source, start)
        right = end.start() if end else len(source)
        if left >= 0 and source[left] in _QUOTES and not _comment(source[left + 1 : start]):
            yield source[left + 1 : min(right, left + _LONGEST)]
        found = _HAN.search(source, right)


def _comment(before: str) -> bool:
    return "//" in before and "://" not in before


def _from_codes(source: str) -> Iterator[str]:
    for numbers in _CODES.findall(source):
        yield "".join(_character(n, base=10) for n in numbers.split(","))


def _from_base64(source: str) -> Iterator[str]:
    for coded in _BASE64.findall(source):
        with suppress(binascii.Error):
            yield from _decoded(base64.b64decode(coded + "=" * (-len(coded) % 4)))


def _from_percent(source: str) -> Iterator[str]:
    for coded in _PERCENT.findall(source):
        yield from _decoded(unquote_to_bytes(coded))


def _decoded(coded: bytes) -> Iterator[str]:
    """Text that a script keeps coded, which may itself be coded a second time by percent signs."""
    with suppress(UnicodeDecodeError):
        text = coded.decode("utf-8")
        yield unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


def _character(digits: str, base: int = 16) -> str:
    """A half of a surrogate pair is no character that could be stored."""
    number = int(digits, base)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"


_CODED: dict[str, Callable[[str], Iterator[str]]] = {
    "fromCharCode": _from_codes,
    "atob(": _from_base64,
    "%E": _from_percent,
    "%e": _from_percent,
}
