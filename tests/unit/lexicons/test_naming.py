"""Names with words of 条例 art. 9 are told whatever the page says; other words only beside a
finding.
"""

import pytest

from crawler.domain.assessment import NAMES, Assessment, Level, says_nothing
from crawler.domain.capture import Outcome
from crawler.domain.filing import SubjectKind
from crawler.domain.subject import Listed, Register, Standing
from lexicons.judging import Judge
from tests.builders import NOON, a_capture, a_site, a_text, a_visit

QUIET = "本公司位于青浦区，主营五金配件与包装材料，欢迎来电洽谈。" * 5
OFFER = "新手标 预期年化 15%，保本保息，100元起投，立即投资，注册送红包"


def judged(judge: Judge, body: str = QUIET, **site: object) -> Assessment:
    return judge.judge(a_visit(site=a_site(id=1, **site)), a_text(body), None, NOON)


@pytest.mark.parametrize(
    ("field", "name", "word"),
    [
        ("unit_name", "上海某某金融信息服务有限公司", "金融"),
        ("unit_name", "上海某某财富管理有限公司", "财富管理"),
        ("unit_name", "某某股权众筹科技有限公司", "股权众筹"),
        ("unit_name", "某某文化艺术品交易中心有限公司", "交易中心"),
        ("unit_name", "某某国际商品交易所有限公司", "交易所"),
        ("site_name", "小康理财之家", "理财"),
    ],
)
def test_a_word_of_article_nine_is_a_finding_on_a_quiet_page(
    judge: Judge, field: str, name: str, word: str
) -> None:
    assessment = judged(judge, **{field: name})

    assert assessment.level is Level.BLUE
    assert assessment.categories == (NAMES,)
    assert says_nothing(assessment)
    assert "条例第九条列明的字样" in assessment.sentence
    assert word in assessment.reasons[0].text
    assert ("主办单位名称" if field == "unit_name" else "网站名称") in assessment.sentence


@pytest.mark.parametrize(
    "name",
    ["某某期货有限公司", "某某投资管理有限公司", "某某元宇宙科技有限公司", "某某五金有限公司"],
)
def test_other_words_are_none_by_themselves(judge: Judge, name: str) -> None:
    assert judged(judge, unit_name=name).level is Level.NONE


@pytest.mark.parametrize(
    "site",
    [
        {"unit_name": "海湾消费金融有限公司"},
        {"unit_name": "江畔证券交易所"},
        {"unit_name": "某市地方金融监督管理局", "site_name": "金融服务平台"},
        {"unit_name": "江畔金融学院"},
        {"unit_name": "江畔银行股份有限公司", "site_name": "江畔理财"},
        {"unit_name": "江畔大数据中心", "subject_kind": SubjectKind.INSTITUTION,
         "site_name": "普惠金融"},
    ],
    ids=lambda site: site["unit_name"],
)  # fmt: skip
def test_whom_the_article_does_not_bind_is_not_listed(
    judge: Judge, site: dict[str, object]
) -> None:
    assert judged(judge, **site).level is Level.NONE


def test_a_register_that_knows_the_subject_takes_the_listing_away(judge: Judge) -> None:
    site = a_site(id=1, unit_name="某某财富管理有限公司")
    listed = Listed(register=Register.LICENCES, name=site.unit_name)
    standing = Standing(asked=(Register.LICENCES,), found=(listed,))

    known = judge.judge(a_visit(site=site, standing=standing), a_text(QUIET), None, NOON)

    assert known.level is Level.NONE


def test_beside_a_finding_a_name_says_which_kind_of_word_it_holds(judge: Judge) -> None:
    def told(name: str) -> str:
        reasons = judged(judge, OFFER, unit_name=name).reasons
        (reason,) = [one for one in reasons if one.rule == "name_sensitive"]
        return reason.text

    assert told("某某期货投资咨询有限公司").startswith("主办单位名称含关注字样")
    assert "第九条" not in told("某某期货投资咨询有限公司")
    assert told("某某理财有限公司").startswith("主办单位名称含条例第九条列明的字样")


def test_a_page_of_an_error_is_not_called_quiet_for_its_name(judge: Judge) -> None:
    capture = a_capture(outcome=Outcome.HTTP_ERROR, reason="网站报错 500")
    site = a_site(id=1, unit_name="某某财富管理有限公司")
    visit = a_visit(site=site, captures=(capture,))

    assessment = judge.judge(visit, a_text(QUIET), None, NOON)

    assert assessment.level is Level.BLUE
    assert "无法研判" in assessment.sentence
