"""One term changed in the files: that term and nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.domain.errors import BadInput
from crawler.domain.lexicon import Term
from lexicons.editing import Edit, EditKind, edit_files
from lexicons.loading import load_lexicon, read_lexicon

ONE = """# 头上的说明
id: one
name: 甲类
severity: 4
needs: invest_object
terms:
  5:  # 最重
    # 只此一个
    - 保本保息
  3:
    - 理财:
        needs_context: true
        false_friends:
          - 理财规划师
    - 原始股: {false_friends: [原始股东], era: b}   # 留着
"""
TWO = "id: two\nname: 乙类\nseverity: 2\nterms:\n  1:\n    - 返利\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "one.yaml").write_text(ONE, "utf-8")
    (tmp_path / "terms" / "two.yaml").write_text(TWO, "utf-8")
    return tmp_path


def an_edit(**given: object) -> Edit:
    known = {"kind": EditKind.ADD, "word": "星盾分红通", "category": "one", "weight": "3"}
    return Edit(**(known | given))  # type: ignore[arg-type]


def terms(folder: Path) -> dict[str, Term]:
    return {term.word: term for term in load_lexicon(folder).terms}


def reasons(folder: Path, edit: Edit) -> list[str]:
    return [one.reason for one in edit_files(folder, edit)]


@pytest.mark.parametrize("weight", ["0", "1", "3", "5"])
def test_a_word_is_added_under_its_weight_and_all_else_stays(folder: Path, weight: str) -> None:
    before = terms(folder)

    assert edit_files(folder, an_edit(weight=weight, needs_context=True, note='称"保本"')) == ()

    after = terms(folder)
    added = after.pop("星盾分红通")
    assert (added.weight, added.needs_context, added.note) == (float(weight), True, '称"保本"')
    assert after == before
    kept = (folder / "terms" / "one.yaml").read_text("utf-8")
    assert set(ONE.splitlines()) <= set(kept.splitlines())


def test_a_change_keeps_what_was_not_asked_and_may_move_to_another_category(folder: Path) -> None:
    edit = an_edit(kind=EditKind.CHANGE, word="原始股", was="one", category="two", weight="4")

    assert edit_files(folder, edit) == ()

    moved = terms(folder)["原始股"]
    assert (moved.category, moved.weight, moved.era) == ("two", 4.0, "b")
    assert moved.false_friends == ("原始股东",)


def test_a_word_of_several_lines_goes_whole(folder: Path) -> None:
    assert edit_files(folder, an_edit(kind=EditKind.REMOVE, word="理财")) == ()

    assert set(terms(folder)) == {"保本保息", "原始股", "返利"}
    assert "# 留着" in (folder / "terms" / "one.yaml").read_text("utf-8")


def test_the_last_word_of_a_weight_takes_the_weight_along(folder: Path) -> None:
    assert edit_files(folder, an_edit(kind=EditKind.REMOVE, word="返利", category="two")) == ()
    assert reasons(folder, an_edit(category="two", weight="1")) == []

    assert read_lexicon(folder)[1] == ()
    assert terms(folder)["星盾分红通"].category == "two"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (an_edit(word=""), "归一化后为空"),
        (an_edit(word="币"), "只有一个字"),
        (an_edit(word="保" * 10_000), "超过 40 字"),
        (an_edit(word="(a+)+$"), "不支持正则"),
        (an_edit(weight="9"), "权重须为 0 至 5"),
        (an_edit(weight="9" * 5_000), "权重须为 0 至 5"),
        (an_edit(weight="x"), "权重须为 0 至 5"),
        (an_edit(category="nowhere"), "没有类别"),
        (an_edit(kind=EditKind.CHANGE, word="没有的词"), "甲类里没有"),
        (an_edit(kind=EditKind.REMOVE, word="返利", category="one"), "甲类里没有"),
        (an_edit(kind=EditKind.CHANGE, word="保本保息", was="one", weight="5"), "没有改动"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_told_and_nothing_is_changed(folder: Path, edit: Edit, said: str) -> None:
    found = reasons(folder, edit)

    assert said in " ".join(found)
    assert (folder / "terms" / "one.yaml").read_text("utf-8") == ONE


def test_all_faults_of_a_word_are_told_at_once(folder: Path) -> None:
    assert len(reasons(folder, an_edit(word="币", weight="x"))) == 2


def test_a_file_written_in_another_way_is_left_to_its_author(folder: Path) -> None:
    flow = "id: two\nname: 乙类\nseverity: 2\nterms: {1: [返利, 返现]}\n"
    (folder / "terms" / "two.yaml").write_text(flow, "utf-8")

    with pytest.raises(BadInput, match=r"写法特殊|YAML"):
        edit_files(folder, an_edit(kind=EditKind.REMOVE, word="返利", category="two"))


@given(word=st.text(max_size=60), remark=st.text(max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_typed_is_taken_as_typed_or_told(folder: Path, word: str, remark: str) -> None:
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(folder / "terms", work / "terms")
    before = terms(work)

    try:
        told = edit_files(work, an_edit(word=word, note=remark))
    except BadInput:
        return

    after = terms(work) if not read_lexicon(work)[1] else before
    if told:
        assert after == before
    else:
        added = [term for name, term in after.items() if name not in before]
        assert [replace(one, word="", note="") for one in added] in (
            [],
            [Term(word="", category="one", weight=3.0)],
        )
