"""In which encoding a text list is written: BOM, else strict UTF-8, else GB18030. Half of each is
refused, because half of its names would come out wrong.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.domain.errors import BadInput

_LONGEST_LINE = 1024 * 1024
_ENOUGH = 20  # letters, to tell by them
_COMMON = 0.45  # simplified lists have 0.95 and traditional ones 0.7; Big5 read as GB18030 has 0.2
_SAMPLED = 4_000  # characters
_WITNESSES = 3  # so many Chinese characters are not valid UTF-8 by chance


def encoding_of(path: Path) -> str:
    """utf-8-sig, utf-16, utf-8 or gb18030; BadInput names the line that fits none of them."""
    with path.open("rb") as file:
        head = file.read(4)
    if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise BadInput("文件编码是 UTF-32，请另存为 UTF-8")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked_utf16(path)
    marked = head.startswith(codecs.BOM_UTF8)
    tally = _tally_of(path)
    if not tally.other_lines:
        return "utf-8-sig" if marked else "utf-8"
    if marked or tally.broken_line:
        raise BadInput(_broken(tally, marked=marked))
    if tally.utf8_lines:
        odd = min(tally.first_other, tally.first_utf8, key=tally.count_of)
        raise BadInput(f"文件编码混杂：第 {odd} 行与其他行的编码不同（UTF-8 与 GBK 混用）")
    if _is_gibberish(tally.sample):
        raise BadInput("文件编码不是 UTF-8，也不像 GB18030（或是 Big5），请另存为 UTF-8 再导入")
    return "gb18030"


def _is_gibberish(text: str) -> bool:
    """Most letters are rare ones: the bytes were meant in another encoding, but fit."""
    letters = [c for c in text if not c.isascii() and c.isalpha()]
    return len(letters) >= _ENOUGH and sum(map(_is_common, letters)) < _COMMON * len(letters)


def _is_common(character: str) -> bool:
    """In the first level of GB 2312-80, rows 16 to 55: the 3,755 in most frequent use."""
    coded = character.encode("gb2312", "ignore")
    return len(coded) == 2 and 0xB0 <= coded[0] <= 0xD7


@dataclass(kw_only=True, slots=True)
class _Tally:
    """How many lines speak for which encoding, and where each was first met."""

    utf8_lines: int = 0
    first_utf8: int = 0
    other_lines: int = 0
    first_other: int = 0
    broken_line: int = 0  # fits neither
    sample: str = ""  # the first of what is not UTF-8, as GB18030

    def count_of(self, line: int) -> int:
        return self.utf8_lines if line == self.first_utf8 else self.other_lines


def _tally_of(path: Path) -> _Tally:
    tally = _Tally()
    for number, line in _lines(path):
        if line.isascii():
            continue
        _weigh(tally, number, line)
    return tally


def _weigh(tally: _Tally, number: int, line: bytes) -> None:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        tally.other_lines += 1
        tally.first_other = tally.first_other or number
        if len(tally.sample) < _SAMPLED:
            tally.sample += line[:_SAMPLED].decode("gb18030", "ignore")
        if not tally.broken_line and not _fits_gb18030(line):
            tally.broken_line = number
        return
    if _speaks_chinese(text):
        tally.utf8_lines += 1
        tally.first_utf8 = tally.first_utf8 or number


def _speaks_chinese(text: str) -> bool:
    foreign = [c for c in text if c > "\x7f"]
    return len(foreign) >= _WITNESSES and min(foreign) >= "\u2000"


def _fits_gb18030(line: bytes) -> bool:
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _broken(tally: _Tally, *, marked: bool) -> str:
    line = tally.first_other if marked or tally.utf8_lines else tally.broken_line
    wanted = "UTF-8" if marked or tally.utf8_lines else "UTF-8 或 GB18030"
    return f"文件编码有误：第 {line} 行含有不是 {wanted} 的字节"


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                raise BadInput(f"不是表格：第 {number} 行超过 1 MB")
            yield number, line


def _checked_utf16(path: Path) -> str:
    with path.open(encoding="utf-16", newline="") as file:
        number = 0
        try:
            while file.readline(_LONGEST_LINE):
                number += 1
        except UnicodeError:
            raise BadInput(f"文件编码有误：第 {number + 1} 行附近不是有效的 UTF-16") from None
    return "utf-16"
