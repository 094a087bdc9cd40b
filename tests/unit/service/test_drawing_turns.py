"""What the drawing child does with a visit before a browser is asked."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from crawler.domain.capture import Outcome, PageKind, PageText, Profile
from crawler.domain.robots import RobotsRule, RobotsWord
from crawler.fetching.browser import Browser
from crawler.fetching.rendering import Rendered
from crawler.service.browser_worker import report_of, seen
from crawler.service.pipes import Greeting
from tests.builders import NOON, a_capture, a_site, a_text, a_visit

ANYBODYS = a_text("精彩内容即将呈现，欢迎再来")
OPENED = Rendered(
    url="", profile=Profile.DESKTOP, outcome=Outcome.SEEN, started_at=NOON, ended_at=NOON
)


class PlayedBrowser:
    async def render(self, *_: Any, **__: Any) -> Rendered:
        return OPENED


@pytest.mark.fault("W34")
@pytest.mark.parametrize(
    ("origin", "policy", "outcome"),
    [
        ("http://a.example.cn", "respect", Outcome.ROBOTS_REFUSED),
        ("http://a.example.cn", "ignore", Outcome.SEEN),
        ("http://www.a.example.cn", "respect", Outcome.SEEN),
    ],
)
def test_what_robots_refused_is_not_opened_in_a_browser(
    origin: str, policy: str, outcome: Outcome
) -> None:
    word = RobotsWord(origin=origin, status=200, until=NOON, rules=(RobotsRule("/", False),))
    visit = a_visit(site=a_site(id=1), robots=(word,))
    greeting = Greeting(
        worker="w", evidence="", lexicon="", cache="", watch="", agent="", slots=1, robots=policy
    )

    came = asyncio.run(seen(visit, Profile.DESKTOP, cast(Browser, PlayedBrowser()), greeting))

    assert came.outcome is outcome
    assert ("不允许访问" in came.reason) is (outcome is Outcome.ROBOTS_REFUSED)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ANYBODYS, PageKind.WILDCARD),
        (a_text("本店主营减速机、电机与变频器，产品质保三年。" * 20), PageKind.ORDINARY),
        (a_text("域名停放"), PageKind.PARKED),
    ],
)
def test_what_any_name_gets_stays_that_unless_a_browser_sees_more(
    text: PageText, kind: PageKind
) -> None:
    asked = a_capture(profile=Profile.PHONE, page_kind=PageKind.WILDCARD)
    visit = a_visit(site=a_site(id=1), captures=(a_capture(), asked))

    (capture,) = report_of(visit, [replace(OPENED, text=text)], "", "").captures

    assert capture.page_kind is kind
