"""词库 in the console: a text is tried, versions are compared, the words stand by category."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.domain.user import Role
from crawler.service.lexicon_life import publish_draft
from crawler.service.wiring import LEXICONS
from lexicons.publishing import copied
from tests.builders import NOON
from tests.integration.console_house import Served, Visitor, console


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("words")
    with console(folder / "home") as served:
        draft = folder / "draft"
        copied(LEXICONS, draft)
        file = draft / "terms" / "yield_promise.yaml"
        file.write_text(
            file.read_text("utf-8").replace("  5:\n", "  5:\n    - 星盾分红通\n", 1), "utf-8"
        )
        served.account("zhou", Role.SUPERVISOR)
        publish_draft(served.house, draft, "ops", "补充<b>新话术</b>", "zhou", NOON)
        shutil.rmtree(draft)
        yield served


@pytest.fixture(scope="module")
def officer(house: Served) -> Visitor:
    return house.person("yuan", Role.OFFICER)


def test_versions_and_categories_stand_on_the_page(officer: Visitor) -> None:
    page = officer.get("/words").text

    assert "启用第 1 版" in page
    assert "补充&lt;b&gt;新话术&lt;/b&gt;" in page
    assert "/words?category=yield_promise" in page


def test_the_words_of_a_category_or_those_asked_for_are_shown(officer: Visitor) -> None:
    assert "星盾分红通" in officer.get("/words?category=yield_promise").text
    found = officer.get("/words?q=%E6%98%9F%E7%9B%BE").text

    assert "星盾分红通" in found
    assert "百家乐" not in found


def test_a_text_is_tried_and_what_it_says_is_only_text(officer: Visitor) -> None:
    typed = "<script>alert(1)</script>保本保息，预期年化15.8%，100元起投，立即投资"

    answer = officer.post("/words/try", {"text": typed})

    assert answer.status == 200
    assert "疑似" in answer.text
    assert "15.8%" in answer.text
    assert "<script>alert(1)" not in answer.text


def test_nothing_typed_is_no_fault_and_too_much_is_told(officer: Visitor) -> None:
    assert officer.post("/words/try", {"text": "  "}).status == 200
    assert officer.post("/words/try", {"text": "保" * 100_000}).status == 413


def test_a_version_is_compared_with_the_one_in_force(officer: Visitor) -> None:
    page = officer.get("/words/changes?version=0").text

    assert "星盾分红通" in page
    assert "删除" in page
    assert officer.get("/words/changes?version=99").status == 400
    assert officer.get("/words/changes?version=x").status == 200


def test_a_path_is_no_version(officer: Visitor, tmp_path: Path) -> None:
    assert officer.get(f"/words/changes?version={tmp_path}").status == 200
