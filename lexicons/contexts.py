"""What is said around a word: denied, forbidden, warned of, reported, taught. A context lowers the
word it stands beside, never the whole page.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Protocol

from lexicons.vocabulary import Sign, Signs
from lexicons.weighing import Weights, graduated

_LOWERING = ("edu", "news", "law", "recruit", "tech", "game", "shop", "lawyer")
GROUPS = (*_LOWERING, "bare", "light_verb", "ban")  # that contexts.yaml must have
_TECH_ONLY = frozenset({"virtual_currency", "p2p_lending", "mlm_fund_pool", "payment_laundering"})
_SENTENCE_END = re.compile(r"[。!?;！？；\n]")
_CLAUSE_END = re.compile(r"[，,。!?;！？；:：\n《》()（）]")
_QUOTES = frozenset('“”「」『』"')
_EXPOSED = re.compile(
    r"(?:均|都|皆|全|一律|实)?(?:为|是|属于|属|系)(?:违法|违规|非法|诈骗|骗局|骗术|骗子|假冒|冒充|虚假|传销|伪造|陷阱|谣言)"
    r"|(?:与|和)(?:我司|我行|本行|本院|本所|本公司|本平台|我们)[^。；;\n]{0,6}无关|切勿相信|请勿相信|不要相信|谨防上当|(?:均|都|皆)?(?:不可信|不属实|不受法律保护|无效|不予受理)"
)
_QUOTE = re.compile('[“”「」『』"]')
_JOINING = frozenset({"、", "/", "和", "或", "及", "以及", "与"})
_LONGEST_LIST = 4
_BAN_REACH = 30
_CLAUSE_REACH = 30


class Cutting(Protocol):
    """Whatever cuts text into tokens (jieba, or a stand-in for it)."""

    def tokens(self, text: str) -> list[str]: ...


class Contexts:
    """The contexts of one text in normal form. `negation` needs tokens: 非 in 非常 is none."""

    def __init__(
        self,
        text: str,
        signs: Signs,
        groups: Mapping[str, frozenset[str]],
        weights: Weights,
        cutting: Cutting,
    ) -> None:
        self._text = text
        self._weights = weights
        self._cutting = cutting
        self._bare, self._light = groups["bare"], groups["light_verb"]
        self._denying = [word for word in self._bare if word in text]
        self._bans = signs.of_group("ban")
        around = ((name, signs.of_group(name)) for name in _LOWERING)
        self._around = {name: there for name, there in around if there}  # hardly ever more than two
        self._known: dict[tuple[int, int, bool], tuple[float, str]] = {}

    def factor(self, start: int, end: int, category: str) -> tuple[float, str]:
        """What a word's weight is multiplied with at a place, and the context that lowers it
        most.
        """
        asked = start, end, category in _TECH_ONLY  # a word is part of many claims
        if asked not in self._known:
            self._known[asked] = self._factor(*asked)
        return self._known[asked]

    def _factor(self, start: int, end: int, technical: bool) -> tuple[float, str]:
        if self.negated(start, end):
            return float(self._weights.contexts["negated"]), "negated"
        lowest, why = 1.0, ""
        left, right = self._sentence(start, end)
        if any(start - ban.end <= _BAN_REACH for ban in self._bans_between(left, start)):
            lowest, why = float(self._weights.contexts["banned"]), "banned"
        if lowest == 1.0 and _EXPOSED.search(self._text, end, right):
            lowest, why = float(self._weights.contexts["banned"]), "exposed"
        if lowest == 1.0 and self._quoted(start, end):
            lowest, why = float(self._weights.contexts["quoted"]), "quoted"
        total = lowest
        for name, there in self._around.items():
            if name == "tech" and not technical:
                continue
            factor = graduated(
                self._weights.contexts[name],
                _different(there, left, right, start, end),
            )
            total *= factor
            if factor < lowest:
                lowest, why = factor, name
        return total, why

    def _bans_between(self, left: int, right: int) -> Sequence[Sign]:
        first = bisect_left(self._bans, left, key=attrgetter("start"))
        return self._bans[first : bisect_left(self._bans, right, lo=first, key=attrgetter("start"))]

    def _quoted(self, start: int, end: int) -> bool:
        """Whether the word stands in quotation marks: mentioned, not used."""
        opened = _QUOTE.search(self._text, max(0, start - 12), start)
        closed = _QUOTE.search(self._text, end, end + 12)
        return bool(opened and closed)

    def negated(self, start: int, end: int) -> bool:
        """Whether the word is denied: 不承诺保本, 非保本; not in 不仅保本 nor 非常保本."""
        left = self._clause_start(start)
        clause = self._text[left:end]
        if not any(word in clause for word in self._denying):
            return False
        tokens = self._cutting.tokens(clause)
        reached, before = left, []
        for token in tokens:
            if reached >= start:
                break
            before.append((token, reached))
            reached += len(token)
        if (
            before and before[-1][1] + len(before[-1][0]) > start
        ):  # one token holds the word's start
            token, at = before.pop()
            return token[: start - at] in self._bare or self._ends_denying(before)
        return self._ends_denying(before)

    def _ends_denying(self, before: Sequence[tuple[str, int]]) -> bool:
        """Whether the tokens end in a denial: light verbs may follow it, and a list it governs
        (不承诺保本、保息).
        """
        tokens = [token for token, _ in before if token.strip()]
        listed = 0
        while listed < _LONGEST_LIST and (shorter := _without_listed(tokens)) is not None:
            tokens = shorter
            listed += 1
        for token in reversed(tokens):
            if token in self._bare:
                return True
            if token not in self._light and token not in _QUOTES:
                return False
        return False

    def _clause_start(self, start: int) -> int:
        begin = max(0, start - _CLAUSE_REACH)
        ends = [m.end() for m in _CLAUSE_END.finditer(self._text, begin, start)]
        return ends[-1] if ends else begin

    def _sentence(self, start: int, end: int) -> tuple[int, int]:
        reach = int(self._weights.contexts["reach"])
        begin, stop = max(0, start - reach), min(len(self._text), end + reach)
        before = [m.end() for m in _SENTENCE_END.finditer(self._text, begin, start)]
        after = _SENTENCE_END.search(self._text, end, stop)
        return (before[-1] if before else begin), (after.start() if after else stop)


def _without_listed(tokens: list[str]) -> list[str] | None:
    """The tokens without the last item of a list before the word: 保本、 or “养老卡”; None if there
    is none.
    """
    if tokens and tokens[-1] in _JOINING:
        return tokens[:-2]
    at = len(tokens) - 1 if tokens and tokens[-1] in _QUOTES else len(tokens)  # the word's own mark
    if at < 2 or at == len(tokens) or tokens[at - 1] not in _QUOTES:
        return None
    opened = next((i for i in range(at - 2, -1, -1) if tokens[i] in _QUOTES), None)
    return None if opened is None else [*tokens[:opened], tokens[at]]


def _different(signs: Sequence[Sign], left: int, right: int, start: int, end: int) -> int:
    """How many different words of a group (in order of place) lie in a stretch, the word itself
    apart.
    """
    first = bisect_left(signs, left, key=attrgetter("start"))
    beyond = bisect_left(signs, right, lo=first, key=attrgetter("start"))
    return len(
        {
            sign.word
            for sign in signs[first:beyond]
            if sign.end <= right and not (sign.start < end and start < sign.end)
        }
    )
