"""What lies behind padding is judged; what could not be read to its end is not called seen."""

from crawler.domain.assessment import Level
from crawler.domain.capture import Flag, Outcome
from crawler.fetching.capturing import Fetched
from crawler.service.fetcher import _read
from crawler.service.pipeline import examine
from lexicons.judging import Judge
from tests.builders import NOON, a_capture, a_visit

COMPANY = "<meta charset=utf-8><p>本公司专业生产各类五金轴承，欢迎新老客户来厂参观洽谈业务。" * 20
OFFER = "<p>项目保本保息，年化收益率24%，零风险，一万元起投，到期返还本金，立即投资充值。</p>" * 3


def test_an_offer_behind_padding_is_found(judge: Judge) -> None:
    html = f"{COMPANY}<!--{'x' * 2_500_000}-->{OFFER}"
    page = _read(a_capture(), Fetched(capture=a_capture(), body=html.encode()))

    assessment = examine(a_visit(), [page], judge, NOON).assessment

    assert assessment is not None
    assert assessment.level is Level.RED
    assert page.capture.outcome is Outcome.SEEN
    assert page.capture.flags == ()


def test_a_page_that_is_not_read_to_its_end_is_a_part_and_a_browsers(judge: Judge) -> None:
    html = COMPANY * 800 + OFFER
    page = _read(a_capture(), Fetched(capture=a_capture(), body=html.encode()))

    assert page.capture.outcome is Outcome.PARTIAL
    assert page.capture.flags == (Flag.SIZE_LIMIT,)
    assert examine(a_visit(), [page], judge, NOON).render_reason == "too_long"
