"""Words that carry no weight alone: of what is said around a hit, of what a page is for, and the
objects and promises that make a claim together. Read from contexts.yaml and claims.yaml.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import ahocorasick_rs

from lexicons.beginnings import Patterns, Places
from lexicons.dealings import DEALS, OFFERS, PAYING, Triggered
from lexicons.matching import Surroundings, stands_alone
from lexicons.phrases import ClaimKind, read_claims, read_friends, read_groups

_STRETCH = 100_000  # characters looked through at a time
MOST_OF_A_WORD = 40  # as they come; after that only where the word stands among other words
MOST_DIFFERENT = 400  # places of one word
CONTEXTS = "contexts.yaml"
_SHORT = re.compile(r"[\u3400-\u9fff]{2}")  # words that other words make where they meet
# groups that speak against a finding: what only looks like their words would hide one
AGAINST = (
    *("edu", "news", "law", "recruit", "tech", "game", "shop", "lawyer", "expository", "reporting"),
    *("lesson", "issuer", "media", "vendor", "article", "quiz", "personal", "trade", "politics"),
    *("aftermath", "teaching_title", "licensed_self", "licensed_service"),
)
ILL = ("edu", "news", "aftermath")  # what they name is ill: who denies it speaks for himself
_ROUND_A_SUM = 120  # characters to either side in which its deal is told

# ways of writing a number that a promise may take; claims.yaml names them in <…>
SHAPES: Mapping[str, re.Pattern[str]] = {
    "<分钟放款>": re.compile(
        r"(?:\d{1,3}|[一二两三五十几])\s?(?:分钟|秒|小时)(?:内|即可|就能|快速|可|就){0,2}"
        r"(?:放款|到账|下款|审批|审核|授信|出额|拿钱|借到|申请|完成申请|提交申请|下喵?)"
    ),
    "<七天期限>": re.compile(
        r"(?:7|14|15|30|七|十四|十五)\s?天?\s?[、/至到和或-]\s?(?:14|15|21|30)\s?天|(?:期限为?(?:固定)?|固定)\s?(?:7|14|15)\s?天"
    ),
    "<额度区间>": re.compile(
        r"额度(?:最高)?(?:为|可达|高达|至|从)?\s?\d{1,6}\s?(?:元|万|千)?|\d{3,5}\s?元?\s?[-至到~]\s?\d{4,7}\s?元"
    ),
    "<倍返>": re.compile(r"(?:返还?|赠送?|释放)\s?(?:\d{1,2}|[一二两三四五六七八九十])\s?倍"),
    "<交钱得息>": re.compile(
        r"(?:存|预存|充值|认购|投资|缴纳?|交)\s?(?:\d{1,6}|[一二三五十])\s?万?元?[^。;\n]{0,22}?"
        r"(?:返|得|息|分红|收益|回报|享(?!受?税)|补贴|抵|退)"
    ),
}


_NUMBER = r"\d[\d,.]{0,9}\s?(?:万|千|百)?"


# how schemes speak of money, whatever they sell; claims.yaml names them in <…>
TRIGGERED: Mapping[str, Triggered] = {
    "<推荐得钱>": Triggered(
        ("推荐", "介绍", "邀请", "邀新", "拉新", "拉人", "直推", "分享", "带人", "推", "招"),
        re.compile(
            r"(?:推荐|介绍|邀请|邀新|拉新|拉人|直推|分享|带人|推|招)[\u4e00-\u9fff]{0,6}?\s?"
            r"(?:\d{1,4}|[一两三五十每])?\s?[位个人名单户台头]?[^。;!?\n]{0,10}?"
            rf"(?:奖|返|得|领|送|提|抽|赚|补)[^。;!?\n\d]{{0,4}}{_NUMBER}\s?(?:元|块|%|个点|u)"
        ),
    ),
    "<全额退本>": Triggered(
        ("全额退", "退还", "退本", "退卡", "退铺", "原价", "本金", "收回", "赎回", "拿回", "如数"),
        re.compile(
            r"全额退(?:还|款|卡|本)?|退还(?:全部)?本金|退[本卡铺]|(?:本金|如数|原价)[^。;!?\n]{0,8}"
            r"(?:退还|退回|归还|返还|拿回|取回|退给|收回|回购|退)|(?:收回|赎回|拿回)(?:本金|全款)"
        ),
        re.compile(r"[一二两三五十\d]\s?(?:年|个月)|到期|期满|想退|随时"),
    ),
    "<涨跌不亏>": Triggered(
        ("涨了", "涨跌", "只涨不跌", "跌了"),
        re.compile(
            r"涨了?(?:归|算|是)[您你][^。;!?\n]{0,10}跌了?(?:不|算我|按|归我)|涨跌(?:都|均|皆)[^。;\n]{0,2}赚|"
            r"只涨不跌|跌了?(?:不亏|算我|不用您|按买入)"
        ),
    ),
    "<盈利分成>": Triggered(
        ("盈利", "赚了", "二八", "三七", "四六", "五五", "利润", "收益", "赚钱"),
        re.compile(
            r"赚了(?:再|才|钱)?[^。;\n]{0,3}分|盈利(?:后|了)?(?:再)?(?:分成|\s?\d\s?[:：]\s?\d|全归|归[您你])|"
            r"(?:二八|三七|四六|五五)(?:分成?|开)|(?:利润|收益|赚钱)[^。;\n]{0,4}(?:二八|三七|四六|五五)"
        ),
    ),
    "<先缴费>": Triggered(
        ("缴纳", "交纳", "支付", "须交", "先交", "需交"),
        re.compile(
            rf"(?:缴纳|交纳|支付|须交|先交|需交)[^。;!?\n\d]{{0,10}}?(?:费|金|税)[^。;!?\n\d]{{0,3}}{_NUMBER}"
            rf"|(?:缴纳|支付|先交)(?:余额|金额)?\s?{_NUMBER}\s?%?"
        ),
    ),
    "<收费套现>": Triggered(
        ("手续费", "费率", "扣点"),
        re.compile(r"(?:手续费|费率|扣点)[^。;!?\n\d]{0,4}[1-9]\d?(?:\.\d)?\s?(?:个点|点(?!\d))"),
    ),
    "<分期返还>": Triggered(
        ("分", "每天", "每日", "天天", "按天"),
        re.compile(
            rf"分\s?\d{{2,4}}\s?[天期](?:返|还|给|把)?|(?:每[天日]|天天|按天)[^。;!?\n\d]{{0,8}}?"
            rf"(?:返|释放|到账|打到|打进|入账|分红){{1,2}}|每[天日]\s?{_NUMBER}\s?元[^。;\n]{{0,6}}(?:打|返|到)"
        ),
    ),
    "<存钱得利>": Triggered(
        ("存", "储值", "预存", "出资", "认养", "认领", "投", "交", "缴"),
        re.compile(
            rf"(?:存入?|储值|预存|出资|认养|认领|投入?|交|缴)[^。;!?\n\d]{{0,8}}(?:{_NUMBER}|[一二三五十]万)\s?元?"
            r"[^。;!?\n]{0,40}?(?:另有|另送|另发|补贴|分红|奖金|回收价|净赚|派息|养老金)"
        ),
    ),
}
_SUM = r"(?:(?:\$|usd|eur|gbp|usdt)\s?\d[\d,.]*|\d[\d,.]*\s?(?:usdt|usd|eur|trx|btc|eth|dollars))"
ENGLISH: Mapping[str, Triggered] = {
    "<英文保本>": Triggered(
        (
            *("principal", "capital", "guaranteed", "deposit", "funds", "no risk", "no loss"),
            *("withdraw", "cash out", "buy back", "buyback", "buy-back", "resale", "exit with"),
        ),
        re.compile(
            r"(?:principal|capital|deposit|funds)\s(?:is |are |always |fully |100% )*"
            r"(?:never at risk|insured|protected|guaranteed|returned|back\b|secured|refund)"
            r"|guaranteed\s(?:[a-z]+\s){0,3}(?:returns?|profits?|income|fund|yield|roi|payouts?)"
            r"|no (?:risk|loss)\b|(?:withdraw|cash out)\s(?:[a-z]+\s){0,2}(?:whenever|any ?time)"
            r"|buy.?back|resale to us|exit with (?:full|your|all)"
        ),
    ),
    "<英文拉人>": Triggered(
        ("refer", "invite", "bring", "introduce", "affiliates", "partners", "team", "friends"),
        re.compile(
            r"(?:refer|invite|bring|introduce)\s(?:[a-z0-9]+\s){0,3}(?:friends?|people|partners?|members?|"
            r"family)[^.;!?\n]{0,30}?(?:\d|levels?|rebates?|commissions?|bonus)"
            r"|(?:affiliates|partners|team|friends)[^.;!?\n]{0,24}?(?:\d{1,2}\s?%|\d.levels?)"
        ),
    ),
    "<英文按期给>": Triggered(
        ("receive", "earn", "pays", "pay", "income", "profit", "get", "paid"),
        re.compile(
            rf"[a-z]+\s[^.;!?\n]{{0,24}}?{_SUM}[^.;!?\n]{{0,12}}?"
            r"(?:daily|a day|per day|every day|each day|per week|weekly|a month|monthly)"
        ),
    ),
    "<英文起投>": Triggered(
        ("from", "little as", "minimum", "start with", "costs", "rent", "only"),
        re.compile(
            rf"(?:from|little as|minimum|start with|costs|rent|only)\s[^.;!?\n\d]{{0,24}}?{_SUM}"
        ),
    ),
}
RATE = "<收益数>"  # a promised rate above the yardstick, found by the number rules
_BEGUN = {**TRIGGERED, **ENGLISH, **PAYING, **OFFERS}
_WRITTEN_OTHERWISE = SHAPES.keys() | _BEGUN.keys() | DEALS.keys() | {RATE}
_SEARCHED = {**SHAPES, **DEALS}
_NUMBERS = {name: number for number, name in enumerate(_SEARCHED)}
_TRIGGERS = frozenset(word for one in _BEGUN.values() for word in one.words)


class Sign(NamedTuple):
    """A word of the vocabulary at a place of a normal form."""

    word: str
    start: int
    end: int


class Vocabulary:
    """Both files compiled for finding; made once a process and version."""

    def __init__(
        self,
        groups: Mapping[str, frozenset[str]],
        kinds: tuple[ClaimKind, ...],
        friends: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self.groups = groups
        self._friends = {friend: word for word, some in friends.items() for friend in some}
        self.kinds = kinds
        around = {word for group in groups.values() for word in group}
        claimed = {word for kind in kinds for word in (*kind.objects, *kind.promises)}
        self._about = _kinds_of(kinds, lambda kind: kind.objects)
        self._promised = _kinds_of(kinds, lambda kind: kind.promises)
        self._shaped = [[kind.promises[s] for s in SHAPES if s in kind.promises] for kind in kinds]
        self._claimed = _Words((claimed | _TRIGGERS) - _WRITTEN_OTHERWISE)
        known = (around | claimed | _TRIGGERS) - _WRITTEN_OTHERWISE
        self._only_friends = self._friends.keys() - known
        self._all = _Words(known | self._friends.keys())
        against = {word for name in AGAINST for word in groups.get(name, ())} - claimed
        self.short = frozenset(word for word in against if _SHORT.fullmatch(word))
        ill = {word for name in ILL for word in groups.get(name, ())} - claimed
        self.ill = frozenset(ill)

    def signs(self, text: str) -> "Signs":
        """Every word of the vocabulary in a normal form, overlapping ones too, but none inside a
        longer word that means something else (记者 in 登记者).
        """
        found = self._all.find(text)
        for friend in self._friends.keys() & found.keys():
            _take_out(found, self._friends[friend], found[friend])
        for friend in self._only_friends & found.keys():
            del found[friend]
        return Signs(text, found, self.groups)

    def possible(self, signs: "Iterable[Signs]") -> list[ClaimKind]:
        """The kinds of which enough is there to make a claim at all (a quick look): an object, two
        promises, a firm one among them. Shapes are looked for later, and so count as there.
        """
        words = {word for one in signs for word in one.found}
        about = {n for word in words for n in self._about.get(word, ())}
        promised: dict[int, list[float]] = {}
        for word in words:
            for number in self._promised.get(word, ()):
                if number in about:
                    promised.setdefault(number, []).append(self.kinds[number].promises[word])
        return [self.kinds[number] for number in sorted(about) if self._enough(number, promised)]

    def _enough(self, number: int, promised: Mapping[int, Sequence[float]]) -> bool:
        weights = [*promised.get(number, ()), *self._shaped[number]]
        return len(weights) >= 2 and max(weights) >= self.kinds[number].firm

    def claim_signs(self, text: str) -> "Signs":
        """Only the words that claims are made of."""
        return Signs(text, self._claimed.find(text), {})


def _kinds_of(
    kinds: tuple[ClaimKind, ...], words: Callable[[ClaimKind], Iterable[str]]
) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds):
        for word in words(kind):
            found.setdefault(word, []).append(number)
    return found


class _Words:
    """Some words in one automaton."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(sorted(words))
        self._longest = max(map(len, self._words), default=1)
        self._automaton = ahocorasick_rs.AhoCorasick(self._words)
        # Chinese needs no look at its neighbours
        self._apart = [word[0] > "\u3000" and word[-1] > "\u3000" for word in self._words]

    def find(self, text: str) -> dict[str, list[Sign]]:
        """The places of each word; after so many only those among other words: bounded, however
        long the text.
        """
        found: dict[str, list[Sign]] = {}
        later: dict[str, Surroundings] = {}
        words, apart = self._words, self._apart
        for begin in range(0, len(text), _STRETCH):
            part = text[begin : begin + _STRETCH + self._longest - 1]
            for number, start, end in self._automaton.find_matches_as_indexes(
                part, overlapping=True
            ):
                if start >= _STRETCH or not (apart[number] or stands_alone(part, start, end)):
                    continue
                word = words[number]
                places = found.get(word)
                if places is None:
                    found[word] = [Sign(word, begin + start, begin + end)]
                elif len(places) < MOST_OF_A_WORD or _is_new(
                    later, text, begin + start, begin + end, places
                ):
                    places.append(Sign(word, begin + start, begin + end))
        return found


def _is_new(
    later: dict[str, Surroundings], text: str, start: int, end: int, places: Sequence[Sign]
) -> bool:
    """Whether a word that is there so often stands among other words here."""
    word = places[0].word
    if word not in later:
        later[word] = Surroundings(MOST_OF_A_WORD)
        for one in places:
            later[word].is_new(text, one.start, one.end)
    return len(places) < MOST_DIFFERENT and later[word].is_new(text, start, end)


def _take_out(found: dict[str, list[Sign]], word: str, friends: Sequence[Sign]) -> None:
    """A word's places within those of a longer one."""
    rest = [
        sign
        for sign in found.get(word, ())
        if not any(one.start <= sign.start and sign.end <= one.end for one in friends)
    ]
    if rest:
        found[word] = rest
    else:
        found.pop(word, None)


@cache
def _patterns() -> Patterns:
    return Patterns(_SEARCHED.values())


def _triggered(text: str, found: Mapping[str, Sequence[Sign]]) -> dict[str, list[Sign]]:
    """Where the ways of writing stand whose words were found."""
    there: dict[str, list[Sign]] = {}
    for name, (words, pattern, before) in _BEGUN.items():
        for start in (sign.start for word in words if word in found for sign in found[word]):
            match = pattern.match(text, start)
            if match and (not before or before.search(text, max(0, start - 16), start)):
                there.setdefault(name, []).append(Sign(name, start, match.end()))
    return {name: sorted(places, key=lambda sign: sign.start) for name, places in there.items()}


def _around(sums: Iterable[Sign], length: int) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for sign in sorted(sums, key=lambda sign: sign.start):
        begin, end = max(0, sign.start - _ROUND_A_SUM), min(length, sign.end + _ROUND_A_SUM)
        if stretches and begin <= stretches[-1][1]:
            begin = stretches.pop()[0]
        stretches.append((begin, end))
    return stretches


class Signs:
    """What of the vocabulary stands in one text."""

    def __init__(
        self, text: str, found: dict[str, list[Sign]], groups: Mapping[str, frozenset[str]]
    ) -> None:
        self._text = text
        self.found = found
        self._groups = groups
        self._shaped: set[str] = set()
        self.found.update(_triggered(text, found))
        sums = [sign for name in PAYING for sign in self.found.get(name, ())]
        if sums:
            self._search(DEALS, _around(sums, len(text)))

    @property
    def cut(self) -> bool:
        """Whether a word stands at more places than are looked at."""
        return any(len(places) >= MOST_DIFFERENT for places in self.found.values())

    def of_group(self, name: str) -> list[Sign]:
        """All places of a group's words, in order."""
        return self.of_words(self._groups[name])

    def distinct(self, name: str) -> int:
        """How many different words of a group are there."""
        return len(self.words(name))

    def words(self, name: str) -> tuple[str, ...]:
        """Which words of a group are there, first seen first."""
        group = self._groups.get(name, frozenset())
        there = [word for word in self.found if word in group]
        return tuple(sorted(there, key=lambda word: self.found[word][0].start))

    def of_words(self, words: Container[str]) -> list[Sign]:
        """All places of some words, in order."""
        self.look_for_shapes(words)
        return sorted(
            (sign for word, signs in self.found.items() if word in words for sign in signs),
            key=lambda sign: (sign.start, -sign.end),
        )

    def keep(self, words: Container[str], meant: Callable[[Sign], bool]) -> None:
        """Of some words only the places where they are meant."""
        for word in [word for word in self.found if word in words]:
            rest = [sign for sign in self.found[word] if meant(sign)]
            if rest:
                self.found[word] = rest
            else:
                del self.found[word]

    def mark_rates(self, places: Iterable[tuple[int, int]]) -> None:
        """Where promised rates stand: each is a promise like a word."""
        if marked := [Sign(RATE, start, end) for start, end in islice(places, MOST_DIFFERENT)]:
            self.found[RATE] = marked

    def look_for_shapes(self, words: Container[str] = SHAPES) -> None:
        """Those among some words; each is looked for once."""
        wanted = [name for name in SHAPES if name in words and name not in self._shaped]
        if wanted:
            self._shaped.update(wanted)
            self._search(wanted)

    def _search(self, names: Iterable[str], stretches: Sequence[tuple[int, int]] = ()) -> None:
        for name in names:
            matches = self._places.matches(_NUMBERS[name], stretches)
            if places := [Sign(name, m.start(), m.end()) for m in islice(matches, MOST_DIFFERENT)]:
                self.found[name] = places

    @cached_property
    def _places(self) -> Places:
        return _patterns().over(self._text)


def load_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a lexicon's folder; BadInput names every fault with its file and line."""
    return Vocabulary(load_groups(folder), load_claims(folder), load_friends(folder))


def load_groups(folder: Path) -> dict[str, frozenset[str]]:
    """The groups of words of a lexicon's folder."""
    return read_groups(folder / CONTEXTS)


def load_friends(folder: Path) -> dict[str, tuple[str, ...]]:
    """The longer words in which those of the groups mean something else."""
    return read_friends(folder / CONTEXTS)


def load_claims(folder: Path) -> tuple[ClaimKind, ...]:
    """The kinds of claims of a lexicon's folder."""
    return read_claims(folder / "claims.yaml", _WRITTEN_OTHERWISE)
