"""Recorded snapshots (pages beside them), and trees made up by Hypothesis."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.capture import PageText
from crawler.fetching.snapshot import COMPUTED_STYLES, page_text_from, shows_pictures

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> dict[str, Any]:
    snapshot: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return snapshot


def run_of(text: PageText, words: str, field: str = "body") -> Any:
    found = next(one for one in text.fields if one.name == field)
    return next(run for run in found.runs if words in found.text[run.start : run.end])


def test_blocks_are_lines_and_cells_are_tabs() -> None:
    lines = page_text_from(recorded("words")).field("body").split("\n")

    assert lines[:5] == ["保本高息 年化 12%", "一行", "二行 ABC", "甲\t乙", "丙\t丁"]


def test_a_wrapped_line_is_one_line_with_a_box_for_each_part() -> None:
    text = page_text_from(recorded("words"))

    assert "很长很长很长的一行 long words" in text.field("body").split("\n")
    first, last = run_of(text, "很长很").box, run_of(text, "words").box
    assert first.x == last.x
    assert first.y < last.y


def test_text_is_read_as_it_is_shown() -> None:
    body = page_text_from(recorded("words")).field("body")

    assert {"二行 ABC", "😀笑脸后面", "框内", "影中"} <= set(body.split("\n"))
    assert "前缀字" in body


def test_fields_and_buttons_are_read_and_passwords_are_not() -> None:
    text = page_text_from(recorded("words"))

    assert "填好的 立即投资 选二" in text.field("body")
    assert text.field("placeholder") == "手机号"
    assert not any("秘密" in field.text for field in text.fields)


def test_scripts_and_styles_are_no_words() -> None:
    text = page_text_from(recorded("words"))

    assert not any("脚本" in field.text or "content:" in field.text for field in text.fields)


def test_title_description_and_alternatives_are_fields_of_their_own() -> None:
    text = page_text_from(recorded("words"))

    assert (text.field("title"), text.field("description")) == ("测试 页", "描述")
    assert text.field("alt") == "图说"
    assert "图说" not in text.field("body")


def test_a_frames_words_lie_inside_its_border() -> None:
    snapshot = recorded("words")
    strings, document = snapshot["strings"], snapshot["documents"][0]
    owner = document["nodes"]["contentDocumentIndex"]["index"][0]
    x, y, *_ = document["layout"]["bounds"][document["layout"]["nodeIndex"].index(owner)]

    box = run_of(page_text_from(snapshot), "框内").box

    inner = snapshot["documents"][1]
    own = inner["textBoxes"]["bounds"][0]
    assert "框内" in strings
    assert (box.x, box.y) == (x + 7 + own[0], y + 7 + own[1])


@pytest.mark.parametrize(
    "words",
    [
        "没有位置",
        "不可见",
        "透明",
        "白上白",
        "页面之外",
        "零号字",
        "零高",
        "剪掉",
        "无墨",
        "藏框里",
    ],
)
def test_words_that_nobody_sees_are_kept_apart(words: str) -> None:
    text = page_text_from(recorded("hidden"))

    assert words in text.field("hidden").split("\n")
    assert words not in text.field("body")
    assert run_of(text, words[:2], "hidden").hidden


@pytest.mark.parametrize("words", ["看得见", "渐变字", "图上白字", "红底白字"])
def test_words_that_only_look_hidden_to_a_machine_are_seen(words: str) -> None:
    text = page_text_from(recorded("hidden"))

    assert words in text.field("body").split("\n")
    assert words not in text.field("hidden")


def test_an_empty_answer_is_an_empty_page() -> None:
    assert page_text_from({"documents": [], "strings": []}) == PageText()
    assert not shows_pictures({"documents": [], "strings": []})


def test_pictures_are_seen_to_be_there() -> None:
    assert shows_pictures(recorded("words"))
    assert not shows_pictures(a_snapshot([["p", ["字"]]]))


Tree = list[Any]


def a_snapshot(tree: Tree) -> dict[str, Any]:
    """A document of `[display, [children]]` elements and texts, every text with one box."""
    made = _Snapshot()
    body = made.node(-1, 1, "BODY", "block")
    made.grow(body, tree)
    return {"strings": made.strings, "documents": [made.document]}


class _Snapshot:
    def __init__(self) -> None:
        self.strings: list[str] = []
        self.nodes: dict[str, Any] = {
            "parentIndex": [], "nodeType": [], "nodeName": [], "nodeValue": [], "attributes": [],
        }  # fmt: skip
        self.layout: dict[str, Any] = {"nodeIndex": [], "styles": [], "bounds": [], "text": []}
        self.boxes: dict[str, Any] = {"layoutIndex": [], "bounds": [], "start": [], "length": []}
        self.document = {
            "title": -1, "nodes": self.nodes, "layout": self.layout, "textBoxes": self.boxes,
        }  # fmt: skip

    def text(self, words: str) -> int:
        self.strings.append(words)
        return len(self.strings) - 1

    def node(self, parent: int, kind: int, name: str, display: str, words: str = "") -> int:
        index = len(self.nodes["parentIndex"])
        row = {
            "parentIndex": parent, "nodeType": kind, "nodeName": self.text(name),
            "nodeValue": self.text(words), "attributes": [],
        }  # fmt: skip
        for key, value in row.items():
            self.nodes[key].append(value)
        styles = {"display": display, "font-size": "16px"}
        self.layout["nodeIndex"].append(index)
        self.layout["styles"].append([self.text(styles.get(s, "")) for s in COMPUTED_STYLES])
        self.layout["bounds"].append([0, 0, 10, 10])
        self.layout["text"].append(self.text(words) if words else -1)
        return index

    def grow(self, parent: int, tree: Tree) -> None:
        for one in tree:
            if isinstance(one, str):
                self.node(parent, 3, "#text", "inline", one)
                self.boxes["layoutIndex"].append(len(self.layout["nodeIndex"]) - 1)
                self.boxes["bounds"].append([0, 0, 10, 10])
                self.boxes["start"].append(0)
                self.boxes["length"].append(len(one.encode("utf-16-le", "surrogatepass")) // 2)
            else:
                self.grow(self.node(parent, 1, "DIV", one[0]), one[1])


displays = st.sampled_from(["block", "inline", "table-cell", "table-row", "flex", "inline-block"])
words = st.text(st.sampled_from("保本 \n\t息ab😀\ud800"), min_size=1, max_size=6)
trees = st.recursive(
    st.lists(words, max_size=3),
    lambda inner: st.lists(st.tuples(displays, inner).map(list) | words, max_size=4),
    max_leaves=12,
)


@given(trees)
def test_no_drawn_character_is_lost_and_every_run_points_at_its_words(tree: Tree) -> None:
    text = page_text_from(a_snapshot(tree))

    drawn = "".join(_words_of(tree)).replace("\ud800", "�")
    body = text.field("body")
    assert "".join(body.split()) == "".join(drawn.split())
    end = 0
    for run in (run for field in text.fields for run in field.runs):
        assert end <= run.start < run.end <= len(body) + 1
        end = run.end


def _words_of(tree: Tree) -> list[str]:
    found = []
    for one in tree:
        found.extend([one] if isinstance(one, str) else _words_of(one[1]))
    return found
