"""Who does it, and which rule said so."""

from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from alerts.dispatching import (
    DEPARTMENTS_FILE,
    department_coded,
    dispatch,
    load_departments,
    reassigned,
)
from alerts.locating import located
from crawler.domain.errors import BadInput
from crawler.domain.filing import SubjectKind, uscc_is_consistent
from crawler.domain.subject import NOBODY_ASKED, Listed, Register, Standing
from tests.builders import a_filing, a_site

DEPARTMENTS = load_departments()
TERMS = Path(__file__).parents[3] / "lexicons" / "terms"


def uscc(region: str) -> str:
    """A consistent code of a region, its last character counted out."""
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
    where = located(site, filing)  # type: ignore[arg-type]

    assert (where.region, where.source) == (region, source)


def entity(region: str, **given: object) -> Standing:
    line = Listed(**({"register": Register.ENTITIES, "name": "甲", "region": region} | given))  # type: ignore[arg-type]
    return Standing(asked=(Register.ENTITIES,), found=(line,))


@pytest.mark.parametrize(
    ("code", "standing", "region", "source"),
    [
        ("310104", NOBODY_ASKED, "310104", "统一社会信用代码"),
        ("", entity("310106", uscc=uscc("310106")), "310106", "统一社会信用代码"),
        ("", entity("310106"), "310106", "法人库"),
        ("310000", entity("310115"), "310115", "统一社会信用代码，法人库"),
        ("310141", NOBODY_ASKED, "310118", "统一社会信用代码，备案"),
        ("310229", NOBODY_ASKED, "310118", "统一社会信用代码"),  # 青浦县
    ],
)
def test_the_registered_place_is_refined_and_called_by_its_name_of_today(
    code: str, standing: Standing, region: str, source: str
) -> None:
    where = located(a_site(), a_filing(uscc=uscc(code)) if code else None, standing)

    assert (where.region, where.source, where.contested) == (region, source, "")


def test_two_claims_to_be_the_registered_place_are_contested_and_both_are_named() -> None:
    filing = a_filing(uscc=uscc("310115"))

    who = dispatch("yield_promise", a_site(), filing, DEPARTMENTS, standing=entity("310104"))

    assert "310115" in who.contested
    assert "310104" in who.contested
    assert "共同上级" in who.contested
    assert "存疑：法人库地为 310104" in who.rule


def test_registered_here_and_acting_elsewhere_the_other_place_cooperates() -> None:
    filing = a_filing(uscc=uscc("310115"), region="310118")

    who = dispatch("yield_promise", a_site(), filing, DEPARTMENTS, home="31")

    assert who.lead.code == "310115-JR"
    assert [one.name for one in who.cooperating if one.code == "310118-JR"] == [
        "金融监管局（办）（行为地 310118）"
    ]
    assert "行为地 310118（备案）协办" in who.rule
    assert who.contested == ""


def test_a_former_district_contests_nothing() -> None:
    filing = a_filing(uscc=uscc("310229"), region="310118")

    assert "存疑" not in dispatch("yield_promise", a_site(), filing, DEPARTMENTS).rule


def test_the_code_tells_the_kind_where_the_filing_does_not() -> None:
    site = a_site(subject_kind=SubjectKind.UNKNOWN, uscc="52310118MJ0000AB36")

    assert dispatch("yield_promise", site, None, DEPARTMENTS).rule.startswith("社会组织")


def test_a_joint_inspection_names_who_owes_a_result(tmp_path: Path) -> None:
    book = DEPARTMENTS_FILE.read_text("utf-8").replace(
        "name: 养老领域集资\n", "name: 养老领域集资\n    joint: 2\n"
    )
    file = tmp_path / "departments.yaml"
    file.write_text(book, "utf-8")

    who = dispatch("elderly_care", a_site(), None, load_departments(file))

    assert who.joint == ("310118-MZ", "310118-GA")
    assert "联合检查 1+2" in who.rule


@pytest.mark.parametrize("joint", ["3", "-1", "true", "'2'", "99999999999"])
def test_a_joint_inspection_of_nobody_or_too_many_is_refused(tmp_path: Path, joint: str) -> None:
    book = DEPARTMENTS_FILE.read_text("utf-8").replace(
        "name: 养老领域集资\n", f"name: 养老领域集资\n    joint: {joint}\n"
    )
    file = tmp_path / "departments.yaml"
    file.write_text(book, "utf-8")

    with pytest.raises(BadInput, match="joint"):
        load_departments(file)


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


@pytest.mark.parametrize(
    ("code", "known"),
    [("310118-GA", True), ("110108-GA", True), ("000000-WX", True), ("310119-GA", True),
     ("999999-GA", False), ("310999-GA", False), ("100000-GA", False), ("31011-GA", False)],
)  # fmt: skip
def test_a_department_is_of_a_region_that_there_is(code: str, known: bool) -> None:
    with nullcontext() if known else pytest.raises(BadInput, match="没有部门"):
        assert department_coded(code, DEPARTMENTS.names).code == code


def test_who_sent_it_elsewhere_last_is_said_once() -> None:
    once = reassigned("依条例", "王芳")

    assert reassigned(once, "li") == "依条例 · 经li改派"
