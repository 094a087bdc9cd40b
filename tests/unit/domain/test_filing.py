"""Licence numbers, credit codes, kinds of subjects, and whose name is masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.filing import (
    SubjectKind,
    filing_numbers_in,
    is_normal_licence,
    main_licence_of,
    masked,
    normal_licence,
    police_numbers_in,
    shown_unit_name,
    subject_kind_from,
    uscc_is_consistent,
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("沪ICP备13002172号-3", "沪ICP备13002172号-3"),
        ("沪ＩＣＰ备2021012345号－1", "沪ICP备2021012345号-1"),
        ("陇ICP备 05000593", "陇ICP备05000593号"),
        ("滇ICP备09010050-5号", "滇ICP备09010050号-5"),
        ("贵ICP备12345678号", "黔ICP备12345678号"),
        ("沪ICP备2021012345号-12A", "沪ICP备2021012345号-12A"),
        ("京ICP证030173号-1", "京ICP证030173号-1"),
        ("合字B2-20170010", "合字B2-20170010"),
        ("A2.B1.B2-20180017", "A2.B1.B2-20180017"),
        ("沪ICP备0000123号", None),
        ("蜀ICP备XXX号", None),
        ("2021012345", None),
        ("", None),
        ("沪ICP备13002172号 粤ICP备13002172号", None),
    ],
)
def test_one_strict_number_has_a_normal_form(written: str, normal: str | None) -> None:
    assert normal_licence(written) == normal


@given(
    st.sampled_from("沪京粤蜀川黔贵"),
    st.from_regex(r"\d{8}|\d{10}", fullmatch=True),
    st.integers(min_value=0, max_value=9999),
    st.sampled_from(["", "A", "X", "K"]),
)
def test_the_normal_form_is_a_fixed_point(province: str, digits: str, tail: int, app: str) -> None:
    normal = normal_licence(f"{province}ICP备{digits}号-{tail}{app}")

    assert normal is not None
    assert normal_licence(normal) == normal


@given(st.text(alphabet="沪川ICP备号-0123456789A ", max_size=24))
def test_what_is_called_normal_needs_no_change(text: str) -> None:
    if is_normal_licence(text):
        assert filing_numbers_in(text) == (text,)


@pytest.mark.parametrize(
    ("service", "main"),
    [
        ("沪ICP备13002172号-3", "沪ICP备13002172号"),
        ("粤B2-20090059-5", "粤B2-20090059"),
        ("粤B2-20090059", "粤B2-20090059"),
        ("沪ICP备13002172号", "沪ICP备13002172号"),
    ],
)
def test_the_main_number_is_the_service_number_without_its_tail(service: str, main: str) -> None:
    assert main_licence_of(service) == main


def test_numbers_in_a_footer_are_found_in_their_order() -> None:
    footer = "沪ICP证 沪B2-20050105 | 沪ICP备15006375号-2 沪公网安备 31011802001234号"

    assert filing_numbers_in(footer) == ("沪B2-20050105", "沪ICP备15006375号-2")
    assert police_numbers_in(footer) == ("沪公网安备31011802001234号",)


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("91310118MA1TE5T0XE", True),
        ("52310118MJ0000AB36", True),
        ("31310118MD00000167", True),
        ("123101184250000147", True),
        ("91310118MA1TE5T0XA", False),
        ("91310118MA1TE5TOXE", False),
        ("9131", False),
        ("", False),
    ],
)
def test_a_credit_code_bears_its_check_digit(code: str, good: bool) -> None:
    assert uscc_is_consistent(code) is good


@pytest.mark.parametrize(
    ("nature", "kind"),
    [
        ("企业", SubjectKind.ENTERPRISE),
        ("个人", SubjectKind.PERSON),
        ("事业单位", SubjectKind.INSTITUTION),
        ("民办非企业单位", SubjectKind.ASSOCIATION),
        ("民办非企业", SubjectKind.ASSOCIATION),
        ("农民专业合作社", SubjectKind.COLLECTIVE),
        ("律师执业机构", SubjectKind.LAW_SERVICE),
        ("境外机构", SubjectKind.FOREIGN),
        ("政府机关", SubjectKind.GOVERNMENT),
        ("星际联盟", SubjectKind.OTHER),
        (" ", SubjectKind.UNKNOWN),
    ],
)
def test_a_subjects_kind_is_told_by_its_name(nature: str, kind: SubjectKind) -> None:
    assert subject_kind_from(nature) is kind


@pytest.mark.parametrize(
    ("name", "shown"), [("张三", "张*"), ("欧阳明月", "欧***"), ("张", "*"), ("", "")]
)
def test_a_name_shows_its_first_character_only(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_only_persons_are_masked() -> None:
    assert shown_unit_name("张三", SubjectKind.PERSON) == "张*"
    assert shown_unit_name("张三茶庄", SubjectKind.ENTERPRISE) == "张三茶庄"


def test_a_number_in_traditional_characters_is_the_same_number() -> None:
    assert filing_numbers_in("滬ICP備2021005519號-1") == ("沪ICP备2021005519号-1",)
    assert police_numbers_in("滬公網安備31011802001234號") == ("沪公网安备31011802001234号",)
