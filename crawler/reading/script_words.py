"""Words that a page's scripts and style sheets would draw: strings in Chinese, escapes undone."""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote_to_bytes

_MOST_SOURCE = 400_000
_MOST_CHARS = 64_000
_LONGEST = 2_000
_HAN = re.compile("[\u3400-\u9fff]")
_STRING = re.compile(r"\"((?:[^\"\\\n]|\\.){1,4000})\"|'((?:[^'\\\n]|\\.){1,4000})'|`([^`]{1,4000})`")
_ESCAPE = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?|%u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{4,6})\s?")
_CSS_CONTENT = re.compile(r"content\s*:\s*(?:\"([^\"\n]{1,2000})\"|'([^'\n]{1,2000})')")
_CODES = re.compile(r"fromCharCode\(\s*((?:\d{2,6}\s*,\s*){1,1000}\d{2,6})\s*\)")
_BASE64 = re.compile(r"atob\(\s*[\"']([A-Za-z0-9+/=]{8,8000})[\"']")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){3,3000}")
_MARKUP = re.compile(r"<[^<>]{0,1000}>")
_MAY_HIDE = ("\\u", "%u", "\\x", "atob(", "fromCharCode", "%E", "%e")


def words_in_script(source: str) -> Iterator[str]:
    """Chinese strings of one script, in order; bounded in size and time."""
    source = source[:_MOST_SOURCE]
    if source.isascii() and not any(mark in source for mark in _MAY_HIDE):
        return
    for make in (_plain_strings, _from_codes, _from_base64, _from_percent):
        yield from filter(_HAN.search, make(source))


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


def _shown(text: str) -> str:
    plain = html.unescape(_MARKUP.sub("", text)).replace("\0", "")
    return " ".join(plain.split())[:_LONGEST]


def _plain_strings(source: str) -> Iterator[str]:
    for found in _STRING.findall(source):
        yield _ESCAPE.sub(lambda m: _character(m[1] or m[2] or m[3]), "".join(found))


def _from_codes(source: str) -> Iterator[str]:
    for numbers in _CODES.findall(source):
        yield "".join(_character(n, base=10) for n in numbers.split(","))


def _from_base64(source: str) -> Iterator[str]:
    for coded in _BASE64.findall(source):
        yield from _decoded(lambda coded=coded: base64.b64decode(coded + "=" * (-len(coded) % 4)))


def _from_percent(source: str) -> Iterator[str]:
    for coded in _PERCENT.findall(source):
        yield from _decoded(lambda coded=coded: unquote_to_bytes(coded))


def _decoded(read: Callable[[], bytes]) -> Iterator[str]:
    """Text that a script keeps coded, which may itself be coded a second time by percent signs."""
    try:
        text = read().decode("utf-8")
    except (UnicodeDecodeError, binascii.Error):
        return
    yield unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


def _character(digits: str, base: int = 16) -> str:
    """A half of a surrogate pair is no character that could be stored."""
    number = int(digits, base)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"
