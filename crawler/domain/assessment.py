"""The machine's judgement of one visit: level, yields, reasons for and against. It suspects, it
never accuses.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crawler.domain.lexicon import Hit


class Level(StrEnum):
    """How urgent a person must look."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    NONE = "none"


LEVEL_NAMES = {
    Level.RED: "红",
    Level.ORANGE: "橙",
    Level.YELLOW: "黄",
    Level.BLUE: "蓝",
    Level.NONE: "无",
}
_ORDER = (Level.NONE, Level.BLUE, Level.YELLOW, Level.ORANGE, Level.RED)


def rank(level: Level) -> int:
    """0 for none … 4 for red."""
    return _ORDER.index(level)


def at_least(level: Level, floor: Level) -> bool:
    """Whether a level is as high as another or higher."""
    return rank(level) >= rank(floor)


COMPROMISE = "site_compromise"  # the category of what others put on a site
NAMES = "name_sensitive"  # the category of what a subject's or site's name says


class Track(StrEnum):
    """What a rate is promised for."""

    BAIT = "bait"  # to somebody who gives money
    LOAN = "loan"  # from somebody who borrows: disclosure, with its own limits
    LICENSED = "licensed"  # the lawful words of licensed products (业绩比较基准, 七日年化)


class Confidence(StrEnum):
    """How sure the reading of a number is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, kw_only=True, slots=True)
class Yield:
    """One promised rate, as written and as annual percent. A multiple (翻倍) has no annual
    figure.
    """

    raw: str
    annual_low: float | None
    annual_high: float | None
    pattern: str  # name of the rule that read it
    confidence: Confidence = Confidence.HIGH
    track: Track = Track.BAIT
    field: str = "body"
    start: int = 0
    end: int = 0

    @property
    def annual(self) -> str:
        """The annual figure as people write it; empty for a multiple."""
        return per_cent(self.annual_low, self.annual_high)


def per_cent(low: float | None, high: float | None) -> str:
    """15.8%, 9–13.8%, 10950%: two decimals at most, never an exponent; empty where there is no
    annual figure.
    """
    figures = dict.fromkeys(_plain(one) for one in (low, high) if one is not None)
    return "–".join(figures) + "%" if figures else ""


def _plain(figure: float) -> str:
    return f"{figure:.2f}".rstrip("0").rstrip(".")


class Side(StrEnum):
    """Which way a reason pulls."""

    FOR = "for"
    AGAINST = "against"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One thing that raised or lowered the level, with its place on the page where it has one."""

    side: Side
    rule: str  # machine name of the rule
    text: str  # one Chinese clause
    points: float = 0.0
    field: str = ""
    start: int = 0
    end: int = 0


class TestState(StrEnum):
    """What the page shows of one of the four tests (司法解释 2022 art. 1)."""

    __test__ = False  # not a pytest class

    SHOWN = "shown"  # 有依据
    HINTED = "hinted"  # 线索
    UNSEEN = "unseen"  # 未见
    UNCHECKED = "unchecked"  # 未核验
    UNLISTED = "unlisted"  # 名录未命中 (非法性 only)
    LICENSED = "licensed"  # 持牌 (非法性 only)


TEST_STATE_NAMES = {
    TestState.SHOWN: "有依据",
    TestState.HINTED: "线索",
    TestState.UNSEEN: "未见",
    TestState.UNCHECKED: "未核验",
    TestState.UNLISTED: "名录未命中",
    TestState.LICENSED: "持牌",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FourTests:
    """非法性 公开性 利诱性 社会性: state, and what it rests on."""

    unlawful: TestState = TestState.UNCHECKED
    public: TestState = TestState.UNSEEN
    enticing: TestState = TestState.UNSEEN
    social: TestState = TestState.UNSEEN
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """Level, and every reason for it. The sentence is one that an officer would sign: 疑似…."""

    visit_id: int
    level: Level
    score: float
    categories: tuple[str, ...] = ()  # strongest first
    yields: tuple[Yield, ...] = ()
    hits: tuple[Hit, ...] = ()
    reasons: tuple[Reason, ...] = ()
    sentence: str = ""
    tests: FourTests = field(default_factory=FourTests)
    text_digest: str = ""  # the text that the spans point into
    lexicon_version: str = ""
    judged_at: datetime


def says_nothing(assessment: Assessment) -> bool:
    """Whether the page itself came to nothing: no level, or one by the subject's name alone."""
    return assessment.level is Level.NONE or assessment.categories == (NAMES,)


def rates_of(assessment: Assessment) -> tuple[float, ...]:
    """Annual percent figures promised on the page, ascending, each once."""
    figures = {
        figure
        for one in assessment.yields
        if one.track is Track.BAIT
        for figure in (one.annual_low, one.annual_high)
        if figure is not None
    }
    return tuple(sorted(figures))


def left_unjudged(visit_id: int, rule: str, why: str, at: datetime) -> Assessment:
    """Not clean: not judged. Blue, so that the weekly list shows it."""
    return Assessment(
        visit_id=visit_id,
        level=Level.BLUE,
        score=0.0,
        sentence=why,
        reasons=(Reason(side=Side.FOR, rule=rule, text=why),),
        judged_at=at,
    )
