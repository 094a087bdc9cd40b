"""Page text made plain for the number rules: one form of every digit, dash, sign and block end, and
a way back to the page's own characters.
"""

import re
from dataclasses import dataclass

BLOCK = "¦"  # where a line ends; cells keep their tabs

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SAME = (
    ("﹪٪", "%"),
    ("‐‑‒–—―−〜∼～﹣~", "-"),
    ("\n\r\v\f\u2028\u2029", BLOCK),
    ("\u3000\xa0\u2002\u2003\u2009\u202f", " "),
    ("∶", ":"),
    ("﹢➕", "+"),
)
_PLAIN = str.maketrans(
    "獲報紅週個點萬錢資兩壹貳贰叁肆伍陸陆柒捌玖拾佰仟〇率達約為爲賺還註冊贈幣靜態釋産"
    "產預穩綜歷標過項額費學貸錄參開發單雙實際總計於與無風險證複託購買賣淨銀儲紙滿續該"
    "價贖幾億僅從當債貨滙匯輪變遠現視處讓轉帳帐業間",
    "获报红周个点万钱资两一二二三四五六六七八九十百千零率达约为为赚还注册赠币静态释产"
    "产预稳综历标过项额费学贷录参开发单双实际总计于与无风险证复托购买卖净银储纸满续该"
    "价赎几亿仅从当债货汇汇轮变远现视处让转账账业间",
)
_FOLD = {
    **_WIDE,
    **{ord(c): ord(to) for group, to in _SAME for c in group},
    **_PLAIN,
    0x3002: 0x3002,
}
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+"
)
_SPACED = re.compile(
    r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff](?:[ .·•*_|/☆★-][\u4e00-\u9fff]){2,}(?![\u4e00-\u9fff])"
)
_WEAK = re.compile(r"(?<=[\u4e00-\u9fff])[ .·•*_|/☆★-](?=[\u4e00-\u9fff])")


@dataclass(frozen=True, slots=True)
class Folded:
    """The plain text, and where each of its characters stood (None: at the same place)."""

    text: str
    places: list[int] | None

    def place(self, at: int) -> int:
        """Where a character stood on the page."""
        return at if self.places is None else self.places[at]


def fold(text: str) -> Folded:
    """The text with one form for each sign. Characters are replaced one by one, and only invisible
    ones and spread-out words (年 化 收 益) make it shorter.
    """
    plain = text.translate(_FOLD)
    gaps = [m.span() for m in _INVISIBLE.finditer(plain)]
    for word in _SPACED.finditer(plain):
        gaps += [m.span() for m in _WEAK.finditer(plain, word.start(), word.end())]
    if not gaps:
        return Folded(plain, None)
    return _without(plain, sorted(gaps))


def _without(text: str, gaps: list[tuple[int, int]]) -> Folded:
    kept: list[str] = []
    places: list[int] = []
    done = 0
    for start, end in [*gaps, (len(text), len(text))]:
        if start > done:
            kept.append(text[done:start])
            places.extend(range(done, start))
        done = max(done, end)
    places.append(len(text))
    return Folded("".join(kept), places)
