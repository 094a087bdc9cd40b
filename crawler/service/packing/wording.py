"""How our documents call things: as an officer says it to somebody new to this program."""

from collections.abc import Sequence
from datetime import datetime

from crawler.domain.assessment import (
    TEST_STATE_NAMES,
    Assessment,
    FourTests,
    Side,
    Track,
    Yield,
)
from crawler.domain.capture import Capture, Fetcher, HopKind, Outcome, Profile
from crawler.domain.case import CHINA
from crawler.domain.site import Site
from crawler.service.catalogue import Catalogue
from crawler.service.console.shown import exact
from crawler.service.packing.veil import Veil

FETCHERS = {Fetcher.HTTP: "直接请求网页源文件", Fetcher.BROWSER: "用浏览器打开网页并截图"}
PROFILES = {
    Profile.DESKTOP: "电脑用户",
    Profile.PHONE: "手机用户",
    Profile.SEARCH: "从搜索引擎点入的用户",
}
HOPS = {
    HopKind.START: "起始网址",
    HopKind.REDIRECT: "服务器转向",
    HopKind.META: "网页转向",
    HopKind.SCRIPT: "脚本转向",
    HopKind.FORM: "表单转向",
    HopKind.LINK: "页面上唯一的入口",
    HopKind.SIBLING: "编造的同级域名（核对泛解析）",
}
TRACKS = {
    Track.BAIT: "承诺给出资人",
    Track.LOAN: "借款成本",
    Track.LICENSED: "持牌产品用语",
}
PIECES = {
    "manifest": "采集清单（证据链所记）",
    "request": "请求原文",
    "response": "应答原文",
    "body": "网页源文件，按收到的原样",
    "dom": "浏览器中呈现的网页（纯文本形式）",
    "picture": "首屏截图",
    "full_picture": "全页截图",
    "ocr": "图中文字（由程序识别所得，非原件）",
    "certificate": "网站证书",
    "warc": "全部请求与应答的原始记录（WARC 1.1）",
}
TESTS = (
    ("非法性", "unlawful"),
    ("公开性", "public"),
    ("利诱性", "enticing"),
    ("社会性", "social"),
)


def one_line(veil: Veil, text: str) -> str:
    """Words of a page inside a sentence of ours."""
    return veil.text(" ".join(text.split()))


def moment(at: datetime) -> str:
    """2026年11月26日17时30分, as official papers write it."""
    here = at.astimezone(CHINA)
    return f"{here.year}年{here.month}月{here.day}日{here:%H}时{here:%M}分"


def day(iso: str) -> str:
    """The day in China of a moment written as ISO 8601; a dash for none."""
    return f"{datetime.fromisoformat(iso).astimezone(CHINA):%Y-%m-%d}" if iso else "—"


def outcome_name(words: Catalogue, outcome: Outcome | str) -> str:
    """How an attempt ended, in Chinese."""
    return words.name("outcome", str(outcome))


def subject_of(site: Site, veil: Veil) -> str:
    """Who a site is filed for."""
    return veil.text(site.unit_name) or "（备案名单未载明）"


def tests_of(assessment: Assessment | None, veil: Veil) -> list[tuple[str, str, str]]:
    """Name, state and note of each of the four."""
    tests = assessment.tests if assessment else FourTests()
    notes = {name: told for name, _, told in (one.partition("：") for one in tests.notes)}
    return [
        (name, TEST_STATE_NAMES[getattr(tests, attribute)], one_line(veil, notes.get(name, "")))
        for name, attribute in TESTS
    ]


def reasons_of(assessment: Assessment | None, side: Side, veil: Veil) -> list[str]:
    """The reasons of one side, the weightiest first."""
    if assessment is None:
        return []
    mine = [one for one in assessment.reasons if one.side is side]
    ordered = sorted(mine, key=lambda one: -abs(one.points))
    return list(dict.fromkeys(one_line(veil, one.text) for one in ordered))


def yields_of(assessment: Assessment | None, veil: Veil) -> list[tuple[str, str, str]]:
    """As written, as annual per cent, what for: each writing once, the highest first."""
    if assessment is None:
        return []
    once: dict[tuple[str, float | None], Yield] = {}
    for one in assessment.yields:
        once.setdefault((" ".join(one.raw.split()), one.annual_high), one)
    ordered = sorted(once.items(), key=lambda item: -(item[1].annual_high or 0.0))
    return [(veil.text(raw), y.annual or "—", TRACKS[y.track]) for (raw, _), y in ordered]


def how_seen(capture: Capture) -> str:
    """With what and as whom."""
    return f"{FETCHERS[capture.fetcher]}，以{PROFILES[capture.profile]}的身份访问"


def peers_of(capture: Capture) -> list[str]:
    """The addresses that were really connected to."""
    return list(dict.fromkeys(hop.peer for hop in capture.hops if hop.peer))


def when(captures: Sequence[Capture]) -> str:
    """From the first to the last, in China's time."""
    if not captures:
        return "—"
    first = min(one.started_at for one in captures)
    last = max(one.ended_at for one in captures)
    return f"{exact(first)} 至 {exact(last)}"
