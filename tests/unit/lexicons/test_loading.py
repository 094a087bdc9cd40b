"""Word lists are loaded whole or not at all, and every fault is told with its place."""

import os
from pathlib import Path

import pytest

from crawler.domain.errors import BadInput
from crawler.domain.lexicon import Boundary, Zone
from lexicons.loading import load_lexicon, read_lexicon

HEAD = "id: a\nname: 甲\nseverity: 3\n"


def a_folder(tmp_path: Path, terms: str | bytes, variants: str = "", head: str = HEAD) -> Path:
    (tmp_path / "terms").mkdir(exist_ok=True)
    content = terms if isinstance(terms, bytes) else (head + terms).encode()
    (tmp_path / "terms" / "a.yaml").write_bytes(content)
    if variants:
        (tmp_path / "variants.yaml").write_text(variants, encoding="utf-8")
    return tmp_path


def complaints(folder: Path) -> list[str]:
    return [str(problem) for problem in read_lexicon(folder)[1]]


def test_a_bare_word_and_a_word_with_options_are_both_terms(tmp_path: Path) -> None:
    terms = """terms:
  5:
    - 保本保息
  2:
    - P2P: {needs_context: true, boundary: aligned, era: a, note: 旧词, false_friends: [P2P 摄像机]}
"""

    plain, full = load_lexicon(a_folder(tmp_path, terms)).terms

    assert (plain.word, plain.weight, plain.boundary) == ("保本保息", 5, Boundary.ANY)
    assert (full.word, full.weight, full.boundary) == ("p2p", 2, Boundary.ALIGNED)
    assert full.needs_context
    assert full.false_friends == ("p2p 摄像机",)
    assert (full.era, full.note) == ("a", "旧词")


def test_words_stay_words_whatever_yaml_thinks(tmp_path: Path) -> None:
    lexicon = load_lexicon(a_folder(tmp_path, "terms:\n  3:\n    - 1040\n    - yes\n    - 07-14\n"))

    assert [term.word for term in lexicon.terms] == ["1040", "yes", "07-14"]


FAULTS = [
    ("empty word", "terms:\n  3:\n    - ''\n", "第 6 行：词条“”归一化后为空"),
    ("blank word", "terms:\n  3:\n    - '\u3000'\n", "归一化后为空"),
    ("word of unseen marks", 'terms:\n  3:\n    - "\\u200b"\n', "归一化后为空"),
    ("one character", "terms:\n  3:\n    - 币\n", "只有一个字"),
    ("ten thousand characters", f"terms:\n  3:\n    - {'长' * 10_000}\n", "超过 40 字"),
    ("a pattern", "terms:\n  3:\n    - (a+)+$\n", "不支持正则"),
    ("a Chinese pattern", "terms:\n  3:\n    - '(保+本+)+$'\n", "不支持正则"),
    ("a broken pattern", "terms:\n  3:\n    - '(?<=保)本('\n", "不支持正则"),
    ("weight too high", "terms:\n  6:\n    - 保本\n", "权重须为 0 至 5"),
    ("weight no number", "terms:\n  强:\n    - 保本\n", "权重须为 0 至 5"),
    ("unknown option", "terms:\n  3:\n    - 保本: {wieght: 2}\n", "不认识的键“wieght”"),
    ("unknown key", "colour: red\nterms:\n  3:\n    - 保本\n", "第 4 行：不认识的键“colour”"),
    ("unknown boundary", "terms:\n  3:\n    - 保本: {boundary: left}\n", "boundary 须为"),
    ("truth that is none", "terms:\n  3:\n    - 保本: {needs_context: ja}\n", "true、false"),
    ("friend without the word", "terms:\n  3:\n    - 保本: {false_friends: [存钱]}\n", "须包含"),
    ("false friend is the word", "terms:\n  3:\n    - 保本: {false_friends: [保本]}\n", "且更长"),
    ("exact is another word", "terms:\n  3:\n    - ICO: {exact: IPO}\n", "不是同一个词"),
    ("duplicate", "terms:\n  3:\n    - 保本\n    - 保本\n", "第 7 行：“保本”重复，已在"),
    ("duplicate after normalising", "terms:\n  3:\n    - P2P\n    - Ｐ２ｐ\n", "“p2p”重复"),
    ("two weights", "terms:\n  3:\n    - 保本\n  5:\n    - 保本\n", "“保本”自相矛盾：此处权重 5"),
    ("a section twice", "terms:\n  3:\n    - 保本\n  3:\n    - 保息\n", "“3”重复出现"),
    ("no list", "terms:\n  3: 保本\n", "权重 3 须为列表"),
    ("two words in one entry", "terms:\n  3:\n    - {保本: {}, 保息: {}}\n", "词条须写成"),
    ("no terms", "", "缺少 terms"),
    ("a tab", "terms:\n\t3:\n", "第 5 行：含制表符"),
    ("a cycle", "terms: &a\n  3: [*a]\n", "第 4 行：不允许使用别名"),
    ("an object", "terms:\n  3: !!python/object:os.system []\n", "不允许使用标签"),
    ("broken YAML", "terms:\n  3: [保本\n", "YAML 写法有误"),
    ("control character", "terms:\n  3: [保\x07本]\n", "第 5 行：含控制字符 U+0007"),
    ("deep nesting", f"terms: {'[' * 50}{']' * 50}\n", "嵌套过深"),
]  # fmt: skip


@pytest.mark.fault("L08")
@pytest.mark.fault("L09")
@pytest.mark.fault("L01")
@pytest.mark.fault("L02")
@pytest.mark.parametrize(
    ("terms", "complaint"), [r[1:] for r in FAULTS], ids=[r[0] for r in FAULTS]
)
def test_a_fault_is_told_with_its_place_and_reason(
    tmp_path: Path, terms: str, complaint: str
) -> None:
    folder = a_folder(tmp_path, terms)

    told = complaints(folder)

    assert any(complaint in one for one in told), told
    assert all(one.startswith("terms/a.yaml 第 ") for one in told)
    with pytest.raises(BadInput):
        load_lexicon(folder)


def test_all_faults_are_told_at_once_and_the_good_terms_are_read(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "terms:\n  3:\n    - 币\n    - 保本\n    - (a)\n  9:\n    - 保息\n")

    lexicon, problems = read_lexicon(folder)

    assert len(problems) == 3
    assert [term.word for term in lexicon.terms] == ["保本"]


@pytest.mark.fault("L09")
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ((HEAD + "terms:\n  3:\n    - 保本\n").encode("gbk"), "不是 UTF-8"),
        (b"a: 1\n" * 1_000_000, "文件超过"),
        (b"", "文件是空的"),
        (b"# only a remark\n", "文件是空的"),
        (b"- a list\n", "文件 须为"),
    ],
    ids=["GBK", "too large", "empty", "remark", "no mapping"],
)
def test_a_file_that_is_no_word_list_is_refused(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    assert any(complaint in told for told in complaints(a_folder(tmp_path, content)))


@pytest.mark.fault("L09")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path, encoding: str) -> None:
    content = (HEAD + "terms:\n  3:\n    - 保本\n").replace("\n", "\r\n").encode(encoding)

    assert [term.word for term in load_lexicon(a_folder(tmp_path, content)).terms] == ["保本"]


def test_a_word_may_stand_for_pages_and_for_names(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "terms:\n  1:\n    - 理财\n")
    names = "id: n\nname: 名称\nseverity: 3\nzone: name\nterms:\n  4:\n    - 理财\n"
    (folder / "terms" / "n.yaml").write_text(names, encoding="utf-8")

    lexicon = load_lexicon(folder)

    assert [term.weight for term in lexicon.terms] == [1, 4]
    assert lexicon.categories["n"].zone is Zone.NAME


def test_the_version_changes_with_any_character_of_any_file(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "terms:\n  3:\n    - 保本\n")
    before = load_lexicon(folder).version
    again = load_lexicon(folder).version

    (folder / "weights.yaml").write_text("levels: {}\n", encoding="utf-8")

    assert before == again
    assert load_lexicon(folder).version != before


def test_a_folder_without_lists_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="没有词表"):
        load_lexicon(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "terms:\n  3:\n    - 保本\n")
    (folder / "terms" / "a.yaml").chmod(0)

    with pytest.raises(BadInput, match="无法读取"):
        load_lexicon(folder)


@pytest.mark.fault("L04")
@pytest.mark.slow
def test_twenty_thousand_terms_load(tmp_path: Path) -> None:
    words = "".join(f"    - 第{number}号词\n" for number in range(20_000))

    assert len(load_lexicon(a_folder(tmp_path, f"terms:\n  3:\n{words}")).terms) == 20_000
