"""Word lists are published as versions that never change, and taken back by number."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput, NotAllowed
from lexicons.loading import load_lexicon
from lexicons.publishing import (
    Draft,
    check,
    current,
    difference,
    publish,
    rollback,
    versions,
)
from tests.builders import NOON
from tests.unit.conftest import FOLDER

CLAIMS = """claims:
  - {id: x, category: a, says: 承诺, weight: 3, enough: 3, reach: 9, objects: [本金],
     promises: {3: [稳赚]}}
"""
HEAD = "id: a\nname: 甲\nseverity: 3\nterms:\n"


def a_draft(folder: Path, terms: str = "  3:\n    - 保本\n", **given: str) -> Draft:
    (folder / "terms").mkdir(parents=True, exist_ok=True)
    (folder / "terms" / "a.yaml").write_text(HEAD + terms, encoding="utf-8")
    for name in ("contexts.yaml", "weights.yaml"):
        shutil.copyfile(FOLDER / name, folder / name)
    (folder / "claims.yaml").write_text(CLAIMS, encoding="utf-8")
    return Draft(**({"folder": folder, "author": "张三", "note": "试用"} | given))  # type: ignore[arg-type]


def test_the_lists_that_come_with_the_program_have_no_faults() -> None:
    assert check(FOLDER) == ()


def test_a_published_version_is_a_copy_in_force(tmp_path: Path) -> None:
    draft = a_draft(tmp_path / "draft")

    version = publish(draft, tmp_path / "shelf", NOON)
    (draft.folder / "terms" / "a.yaml").write_text("broken: [", encoding="utf-8")

    in_force = current(tmp_path / "shelf")
    assert in_force is not None
    assert (in_force.number, in_force.author, in_force.note) == (1, "张三", "试用")
    assert in_force.published_at == NOON
    assert load_lexicon(in_force.folder).version == in_force.digest == version.digest


def test_before_the_first_version_there_is_none(tmp_path: Path) -> None:
    assert current(tmp_path / "shelf") is None
    assert versions(tmp_path / "shelf") == ()


def test_versions_are_numbered_and_the_newest_comes_first(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    publish(a_draft(tmp_path / "draft"), shelf, NOON)
    later = NOON + timedelta(days=1)

    publish(a_draft(tmp_path / "draft", "  4:\n    - 保本\n"), shelf, later)

    assert [(one.number, one.published_at) for one in versions(shelf)] == [(2, later), (1, NOON)]


def test_a_rollback_puts_the_old_files_in_force_and_loses_nothing(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    first = publish(a_draft(tmp_path / "draft"), shelf, NOON)
    publish(a_draft(tmp_path / "draft", "  4:\n    - 保本\n"), shelf, NOON)

    rollback(shelf, 1)

    in_force = current(shelf)
    assert in_force is not None
    assert in_force.digest == first.digest
    assert len(versions(shelf)) == 2


def test_after_a_rollback_the_next_version_gets_a_number_of_its_own(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    publish(a_draft(tmp_path / "draft"), shelf, NOON)
    publish(a_draft(tmp_path / "draft", "  4:\n    - 保本\n"), shelf, NOON)
    rollback(shelf, 1)

    third = publish(a_draft(tmp_path / "draft", "  5:\n    - 保本\n"), shelf, NOON)

    assert third.number == 3


def test_a_rollback_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="没有第 7 版"):
        rollback(tmp_path, 7)


def test_a_version_whose_files_were_changed_is_not_put_in_force(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    version = publish(a_draft(tmp_path / "draft"), shelf, NOON)
    (version.folder / "terms" / "a.yaml").write_text(HEAD + "  1:\n    - 保本\n", encoding="utf-8")

    with pytest.raises(BadInput, match="被改动过"):
        rollback(shelf, 1)


def test_a_draft_with_faults_is_refused_and_the_old_version_stays(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    publish(a_draft(tmp_path / "draft"), shelf, NOON)

    with pytest.raises(BadInput, match="只有一个字"):
        publish(a_draft(tmp_path / "draft", "  3:\n    - 币\n"), shelf, NOON)

    assert [version.number for version in versions(shelf)] == [1]
    assert [path.name for path in shelf.iterdir() if path.name.startswith(".draft")] == []


def test_a_draft_without_any_change_is_refused(tmp_path: Path) -> None:
    publish(a_draft(tmp_path / "draft"), tmp_path / "shelf", NOON)

    with pytest.raises(BadInput, match="没有变化"):
        publish(a_draft(tmp_path / "draft"), tmp_path / "shelf", NOON)


@pytest.mark.fault("L15")
def test_nobody_approves_their_own_change(tmp_path: Path) -> None:
    draft = a_draft(tmp_path / "draft", approved_by="张三")

    with pytest.raises(NotAllowed, match="自己"):
        publish(draft, tmp_path / "shelf", NOON)

    assert current(tmp_path / "shelf") is None


def test_a_missing_weight_is_a_fault(tmp_path: Path) -> None:
    draft = a_draft(tmp_path / "draft")
    (draft.folder / "weights.yaml").write_text("levels: {}\n", encoding="utf-8")

    assert {problem.file for problem in check(draft.folder)} == {"weights.yaml"}


def test_a_difference_names_what_came_went_and_changed(tmp_path: Path) -> None:
    before = load_lexicon(a_draft(tmp_path / "a", "  3:\n    - 保本\n    - 保息\n").folder)
    after = load_lexicon(a_draft(tmp_path / "b", "  3:\n    - 保本\n  5:\n    - 躺赚\n").folder)

    changes = difference(before, after)

    assert [term.word for term in changes.added] == ["躺赚"]
    assert [term.word for term in changes.removed] == ["保息"]
    assert changes.changed == ()


def test_a_difference_shows_a_changed_weight_before_and_after(tmp_path: Path) -> None:
    before = load_lexicon(a_draft(tmp_path / "a", "  3:\n    - 保本\n").folder)
    after = load_lexicon(a_draft(tmp_path / "b", "  5:\n    - 保本\n").folder)

    ((old, new),) = difference(before, after).changed

    assert (old.weight, new.weight) == (3, 5)


@pytest.mark.fault("L11")
def test_a_worker_that_holds_a_version_keeps_it_while_another_comes_into_force(
    tmp_path: Path,
) -> None:
    shelf = tmp_path / "shelf"
    publish(a_draft(tmp_path / "draft"), shelf, NOON)
    held = current(shelf)

    publish(a_draft(tmp_path / "draft", "  4:\n    - 保本\n"), shelf, NOON)

    assert held is not None
    assert load_lexicon(held.folder).version == held.digest


def test_a_claim_without_its_word_list_is_refused_before_it_stops_a_worker(tmp_path: Path) -> None:
    draft = a_draft(tmp_path / "draft")
    shutil.copyfile(FOLDER / "claims.yaml", draft.folder / "claims.yaml")

    assert any("virtual_currency 没有词表" in str(one) for one in check(draft.folder))


def test_a_weight_that_the_rules_ask_for_and_a_group_they_read_must_be_there(
    tmp_path: Path,
) -> None:
    draft = a_draft(tmp_path / "draft")
    weights, contexts = draft.folder / "weights.yaml", draft.folder / "contexts.yaml"
    weights.write_text(weights.read_text("utf-8").replace("  second: 0.45", "  secund: 0.45"))
    assert "缺少 evidence.second" in str(check(draft.folder)[0])
    shutil.copyfile(FOLDER / "weights.yaml", weights)
    contexts.write_text(contexts.read_text("utf-8").replace("  edu: [", "  edo: ["))

    assert "缺少 edu" in str(check(draft.folder)[0])


@pytest.mark.fault("C22")
@pytest.mark.fault("L09")
@pytest.mark.parametrize("name", ["contexts.yaml", "claims.yaml", "weights.yaml"])
@pytest.mark.parametrize(
    "text", ["a: &x [1]\nb: *x\n", "a:\tb\n", "!!python/object:os.system {}\n"]
)
def test_no_file_of_a_lexicon_may_bring_aliases_tabs_or_objects(
    tmp_path: Path, name: str, text: str
) -> None:
    draft = a_draft(tmp_path / "draft")
    (draft.folder / name).write_text(text, "utf-8")

    (problem,) = check(draft.folder)

    assert (problem.file, problem.line) == (name, 1)


FAULTS = [
    ("contexts.yaml", "  news: [", "  news: 报道\n  olds: [", "news 须为列表"),
    ("contexts.yaml", "  news: [", "  news: [[报道], ", "此处须为一个词"),
    ("contexts.yaml", "  news: [", '  news: [" ", ', "归一化后为空"),
    ("contexts.yaml", "  news: [", '  news: ["(a+)+$((b|c)*d)*(e{1,30}){1,30}y", ', "不支持正则"),
    ("contexts.yaml", "  news: [", f"  news: [{'很' * 41}, ", "过长"),
    ("claims.yaml", "reach: 9", "reach: 很远", "reach 须为"),
    ("claims.yaml", "[本金]", "[本金, <乱写>]", "没有写法 <乱写>"),
    ("claims.yaml", "{3: [稳赚]}", "{三: [稳赚]}", "权重须为数"),
    ("claims.yaml", "{3: [稳赚]}", "{3: 稳赚}", "权重 3 须为列表"),
    ("claims.yaml", "says: 承诺", "say: 承诺", "缺少 says"),
    ("claims.yaml", "enough: 3", "enough: 0", "enough 须为"),
    ("weights.yaml", "prior: 1.5", "prior: 一点五", "purpose.prior 须为数"),
    ("weights.yaml", "edu: [0.45, 0.2, 0.1]", "edu: [少, 更少]", "contexts.edu 须为数的列表"),
    ("weights.yaml", "orange: 8, red: 14}", "orange: 多, red: 14}", "levels.orange 须为数"),
]  # fmt: skip


@pytest.mark.fault("L09")
@pytest.mark.parametrize(("name", "written", "instead", "complaint"), FAULTS)
def test_a_fault_beside_the_terms_is_told_with_its_line(
    tmp_path: Path, name: str, written: str, instead: str, complaint: str
) -> None:
    file = a_draft(tmp_path / "draft").folder / name
    text = file.read_text("utf-8")
    line = text[: text.index(written)].count("\n") + 1
    file.write_text(text.replace(written, instead, 1), "utf-8")

    told = check(tmp_path / "draft")

    assert {(one.file, one.line) for one in told if complaint in one.reason} == {(name, line)}, told
    with pytest.raises(BadInput, match="行"):
        publish(Draft(folder=tmp_path / "draft", author="张三", note=""), tmp_path / "shelf", NOON)


@pytest.mark.fault("L09")
def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = a_draft(tmp_path / "draft").folder
    for name, written, instead, _ in (FAULTS[0], FAULTS[5], FAULTS[11]):
        file = folder / name
        file.write_text(file.read_text("utf-8").replace(written, instead, 1), "utf-8")

    assert [one.file for one in check(folder)] == ["contexts.yaml", "claims.yaml", "weights.yaml"]


@pytest.mark.fault("L09")
@pytest.mark.parametrize("name", ["terms/新词.yml", "terms/新词.yaml.txt", "context.yaml"])
def test_a_file_that_nobody_would_read_is_told(tmp_path: Path, name: str) -> None:
    folder = a_draft(tmp_path / "draft").folder
    (folder / name).write_text("groups: {}\n", "utf-8")

    (problem,) = check(folder)

    assert problem.file == name
    assert "不会读取" in problem.reason


@pytest.mark.fault("L09")
@pytest.mark.parametrize("name", ["terms/b.yaml", "claims.yaml"])
def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(tmp_path: Path, name: str) -> None:
    folder = a_draft(tmp_path / "draft").folder
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)

    with pytest.raises(BadInput, match="不是普通文件"):
        check(folder)
