"""What is settled by its words alone is no finding, however it is built."""

from dataclasses import replace

import pytest

from crawler.domain.assessment import Level
from crawler.domain.capture import Field, Outcome, PageText
from crawler.domain.page import Card, Contact, ContactKind, Form, FormKind, PageStructure
from crawler.domain.site import Visit
from crawler.service.commands.judging import page_of
from crawler.service.pipeline import Page, examine, glance
from lexicons.judging import IN_PASSING, Judge
from lexicons.weighing import Weights
from tests.builders import NOON, a_capture, a_site, a_text, a_visit
from tests.quality.corpora import Case, own_pages, own_texts

EVERY_SIGN_OF_AN_OFFER = PageStructure(
    forms=tuple(Form(kind=kind) for kind in FormKind),
    buttons=("立即注册", "立即投资"),
    downloads=("http://a.example.cn/a.apk",),
    contacts=tuple(Contact(kind=kind, value="10001") for kind in ContactKind),
    cards=(Card(cells=("产品", "详情"), start=0, end=1),) * 2,
    images=9,
)


Settled = list[tuple[Case, Visit, Page]]


@pytest.fixture(scope="module")
def settled(judge: Judge) -> Settled:
    """Of our own pages and texts, those that their words settle."""
    found = []
    for case in (*own_pages(), *own_texts()):
        page = page_of(case.question, NOON)
        visit = a_visit(site=a_site(unit_name=case.question.unit_name))
        if judge.passes(page.text) and judge.settle(visit, page.text, NOON):
            found.append((case, visit, page))
    return found


def test_no_structure_makes_a_finding_of_a_settled_page(judge: Judge, settled: Settled) -> None:
    assert len(settled) > 15
    for case, visit, page in settled:
        built = judge.judge(visit, page.text, EVERY_SIGN_OF_AN_OFFER, NOON)
        closely = examine(visit, [page], judge, NOON).assessment
        assert not case.risky, case.id
        assert (built.level, closely and closely.level) == (Level.NONE, Level.NONE), case.id


def test_a_page_that_may_hold_rates_in_its_cards_is_read_closely(
    judge: Judge, settled: Settled
) -> None:
    quiet = next(page.text for _, _, page in settled)
    label, figure = Field(name="alt", text="预期回报"), Field(name="option", text="18%")
    with_cards = PageText(fields=(*quiet.fields, label, figure))

    assert judge.passes(with_cards)
    assert judge.settle(a_visit(), with_cards, NOON) is None


def test_a_long_page_is_left_to_the_reader(judge: Judge, settled: Settled) -> None:
    quiet = next(page.text for _, _, page in settled)
    body = quiet.field("body")
    longer = a_text(body + "\n" + "天气晴朗。" * (IN_PASSING // 5))

    assert judge.passes(longer)
    assert judge.settle(a_visit(), longer, NOON) is None


def test_what_the_sieve_stops_is_settled_as_before(judge: Judge) -> None:
    text = a_text("某某机械有限公司 产品中心 联系我们 服务热线 质量第一")

    assert judge.settle(a_visit(), text, NOON) == judge.judge(a_visit(), text, None, NOON)


def test_the_glance_reports_it_and_leaves_the_rest(judge: Judge, settled: Settled) -> None:
    _, visit, page = settled[0]
    risky = next(page_of(case.question, NOON) for case in own_texts() if case.risky)

    assert glance(visit, page, judge, NOON).assessment is not None
    assert glance(visit, risky, judge, NOON).assessment is None


def test_the_best_structure_is_the_best_by_the_weights(judge: Judge) -> None:
    """A new sign in weights.yaml must stand in the page that is built of every sign."""
    weights: Weights = judge.tools.weights
    shown = {"register", "invest", "loan", "contact", "download", "card", "button", "chat"}

    assert {name for name, weight in weights.purpose.structure.items() if weight > 0} == shown


def test_who_is_turned_away_the_second_time_is_judged_by_the_first(
    judge: Judge, settled: Settled
) -> None:
    """Whoever bans an address after its first request is not clean by it."""
    _, visit, page = settled[0]
    seen = a_capture(id="C1", text_digest="d", outcome=Outcome.PARTIAL)
    silent = Page(capture=a_capture(id="C2", outcome=Outcome.TIMED_OUT), html="", text=PageText())
    again = replace(visit, captures=(seen, silent.capture))

    assert glance(again, silent, judge, NOON).assessment is None
    assert glance(again, page, judge, NOON).assessment is None  # another page than before
    assert glance(replace(visit, captures=(silent.capture,)), silent, judge, NOON).assessment
