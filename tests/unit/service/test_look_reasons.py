"""Who else should look at a page that shows a desktop hardly a word."""

from datetime import UTC, datetime

import pytest

from crawler.domain.assessment import Level, at_least
from crawler.domain.capture import Fetcher, Outcome, PageKind
from crawler.reading.page_kinds import page_kind_of
from crawler.reading.quick_text import read_quickly
from crawler.service.pipeline import Page, examine
from crawler.service.wiring import LEXICONS
from lexicons.judging import Judge
from tests.builders import a_capture, a_visit

AT = datetime(2026, 1, 1, tzinfo=UTC)
PLENTY = "<p>" + "主营减速机、电机与变频器，产品质保三年。" * 30 + "</p>"


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(LEXICONS, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize(
    ("html", "outcome", "reason"),
    [
        ("<p>网站维护中，请稍后访问</p>", Outcome.SEEN, "thin_text"),
        ("<h1>403</h1>", Outcome.HTTP_ERROR, "thin_text"),
        ("<h1>403</h1>", Outcome.TIMED_OUT, ""),
        (PLENTY, Outcome.SEEN, ""),
        (PLENTY + "<p>我司理财产品预期年化 7.5%</p>", Outcome.SEEN, "hit"),
    ],
)
def test_hardly_a_word_for_a_desktop_asks_for_other_eyes(
    judge: Judge, html: str, outcome: Outcome, reason: str
) -> None:
    capture = a_capture(outcome=outcome)
    verdict = examine(a_visit(captures=(capture,)), [Page.read(capture, html)], judge, AT)

    assert verdict.look_reason == reason


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Outcome.HTTP_ERROR, "网站报错 403，只见到报错的页面，本次无法研判。"),
        (Outcome.TIMED_OUT, "网站报错 403，本次无法研判。"),
        (Outcome.SEEN, "未发现疑似非法集资的内容。"),
    ],
)
@pytest.mark.parametrize("html", ["<h1>Forbidden</h1>", PLENTY])
def test_a_page_of_an_error_is_not_called_clean(
    judge: Judge, html: str, outcome: Outcome, sentence: str
) -> None:
    capture = a_capture(
        outcome=outcome, reason="网站报错 403" if outcome is not Outcome.SEEN else ""
    )
    verdict = examine(a_visit(captures=(capture,)), [Page.read(capture, html)], judge, AT)

    assert verdict.assessment
    assert verdict.assessment.sentence == sentence


def test_a_closed_door_with_an_offer_on_it_is_judged(judge: Judge) -> None:
    html = (
        "<title>某某财富</title><h1>稳健增值 预期年化收益 18% 保本保息 立即投资</h1><form>"
        "<input placeholder=手机号><input type=password placeholder=密码>"
        "<button>登录</button></form>"
    )
    text = read_quickly(html)
    kind = page_kind_of(text, html)
    pages = [
        Page.read(a_capture(text_digest=text.digest, page_kind=one), html)
        for one in (kind, PageKind.ORDINARY)
    ]
    levels = [examine(a_visit(), [page], judge, AT).assessment for page in pages]

    assert kind is PageKind.LOGIN_WALL
    assert levels[0] == levels[1]
    assert levels[0] is not None
    assert at_least(levels[0].level, Level.YELLOW)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<title>平台</title><div id=app></div>", "页面除标题外没有文字，本次无法研判。"),
        ("<title>平台</title><img alt=厂房外景>", "未发现疑似非法集资的内容。"),
    ],
)
def test_a_page_without_a_word_is_not_called_clean(judge: Judge, html: str, said: str) -> None:
    """Its script or its frame did not come: nobody was shown anything."""
    capture = a_capture(fetcher=Fetcher.BROWSER)
    verdict = examine(a_visit(captures=(capture,)), [Page.read(capture, html)], judge, AT)

    assert verdict.assessment
    assert verdict.assessment.sentence == said
