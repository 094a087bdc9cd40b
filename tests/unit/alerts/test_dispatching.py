"""Who does it, and which rule said so."""

from pathlib import Path

import pytest
import yaml

from alerts.dispatching import DEPARTMENTS_FILE, dispatch, load_departments, registered_in
from crawler.domain.errors import BadInput
from crawler.domain.filing import SubjectKind
from tests.builders import a_filing, a_site

DEPARTMENTS = load_departments()
TERMS = Path(__file__).parents[3] / "lexicons" / "terms"


def uscc(region: str) -> str:
    """A consistent code of a region, its last character counted out."""
    from crawler.domain.filing import uscc_is_consistent

    start = f"91{region}MA1JN0000"
    return next(
        code for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if uscc_is_consistent(code := start + c)
    )


@pytest.mark.parametrize(
    ("category", "kind", "lead", "rule"),
    [
        ("yield_promise", SubjectKind.ENTERPRISE, "金融监管局（办）", "集资类"),
        ("ad_violation", SubjectKind.ENTERPRISE, "市场监管局", "广告违规"),
        ("forex_margin", SubjectKind.ENTERPRISE, "外汇局分支机构", "外汇"),
        ("yield_promise", SubjectKind.INSTITUTION, "业务主管部门", "事业单位"),
        ("yield_promise", SubjectKind.LAW_SERVICE, "司法局", "法律服务机构"),
        ("yield_promise", SubjectKind.PERSON, "公安经侦部门", "个人"),
        ("payment_laundering", SubjectKind.INSTITUTION, "公安反诈部门", "诈骗与跑分"),
        ("site_compromise", SubjectKind.GOVERNMENT, "公安网安部门", "网站被篡改"),
        ("nobody_listed_this", SubjectKind.ENTERPRISE, "金融监管局（办）", "其他"),
    ],
)
def test_finding_and_subject_name_the_lead(
    category: str, kind: SubjectKind, lead: str, rule: str
) -> None:
    who = dispatch(category, a_site(subject_kind=kind), None, DEPARTMENTS)

    assert who.lead.name == lead
    assert who.rule.startswith(rule)


def test_registered_elsewhere_the_city_leads_and_this_district_cooperates() -> None:
    filing = a_filing(uscc=uscc("310115"))

    who = dispatch("yield_promise", a_site(), filing, DEPARTMENTS, home="310118")

    assert (who.lead.name, who.region) == ("市金融监管部门", "310118")
    assert "310115" in who.rule


def test_a_home_that_is_a_short_prefix_makes_whole_codes() -> None:
    filing = a_filing(uscc=uscc("110105"))

    who = dispatch("yield_promise", a_site(), filing, DEPARTMENTS, home="31")

    assert (who.region, who.lead.code) == ("310000", "310000-SJR")


def test_two_sources_that_contradict_each_other_are_named_never_resolved_silently() -> None:
    filing = a_filing(uscc=uscc("310115"), region="310118")

    who = dispatch("yield_promise", a_site(), filing, DEPARTMENTS)

    assert "存疑：备案地为 310118" in who.rule


@pytest.mark.parametrize(
    ("site", "filing", "region", "source"),
    [
        (a_site(), a_filing(uscc=uscc("310104")), "310104", "统一社会信用代码"),
        (a_site(), a_filing(uscc=uscc("310104")[:-1] + "!"), "310118", "备案"),
        (a_site(), a_filing(region="310106"), "310106", "备案"),
        (a_site(region="", main_licence="沪ICP备12345678号"), None, "310000", "备案号省份"),
        (a_site(region=""), None, "", "不明"),
    ],
)
def test_the_region_comes_from_the_best_source(
    site: object, filing: object, region: str, source: str
) -> None:
    assert registered_in(site, filing)[:2] == (region, source)  # type: ignore[arg-type]


def test_where_nothing_tells_the_region_the_network_authorities_lead() -> None:
    who = dispatch("yield_promise", a_site(region=""), None, DEPARTMENTS)

    assert (who.lead.code, who.lead.name) == ("000000-WX", "网信办")


def test_every_category_of_the_lexicon_has_its_rule() -> None:
    ids = {yaml.safe_load(file.read_text("utf-8"))["id"] for file in TERMS.glob("*.yaml")}

    assert ids
    assert ids - set(DEPARTMENTS.by_category) == set()


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ("- a\n- b\n", "须为键值结构"),
        ("a: &x [1]\nb: *x\n", "别名"),
        ("a: [1\n", "不是可用的 YAML"),
        ("departments: {}\n", "缺少 findings"),
        ("departments: {A: 甲}\nfindings: {f: {lead: B}}\nsubjects: {}\n", "未列出的部门 B"),
        ("departments: {A: 甲}\nfindings: {f: {}}\nsubjects: {}\n", "没有主办部门"),
        ("departments: {A: 甲}\nfindings: {}\nsubjects: {moon: {lead: A}}\n"
         "default: {lead: A}\nelsewhere: {lead: A}\nunknown: {lead: A}\n", "没有主体性质 moon"),
        ("departments: {A: 甲}\nfindings: {f: {lead: A, categories: [c]},"
         " g: {lead: A, categories: [c]}}\nsubjects: {}\n", "两条规则"),
    ],
)  # fmt: skip
def test_a_spoilt_rule_book_is_refused_in_one_line(tmp_path: Path, spoilt: str, says: str) -> None:
    file = tmp_path / "departments.yaml"
    file.write_text(spoilt, "utf-8")

    with pytest.raises(BadInput, match=says) as refusal:
        load_departments(file)

    assert "\n" not in str(refusal.value)


def test_a_missing_rule_book_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="无法读取"):
        load_departments(tmp_path / DEPARTMENTS_FILE.name)
