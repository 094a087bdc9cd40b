"""Bylines: author, source, date, editor, case number. Information about something bears them, an
offer to the public hardly ever.
"""

import re
from collections.abc import Iterator
from itertools import islice

from crawler.reading.soup import Tree, attribute, words_of

_MOST = 20
_MOST_LINES = 4_000
_LONGEST = 60
_LABELS = (
    "作者", "来源", "稿源", "文章来源", "信息来源", "记者", "通讯员", "编辑", "责编",
    "责任编辑", "校对", "审核", "供稿", "撰稿", "发布时间", "发布日期", "发表时间",
    "发布机构", "发文机关", "发文字号", "成文日期", "索引号", "文号", "浏览次数", "阅读量",
)  # fmt: skip
_YEAR = r"[（(\[〔]\s?(?:19|20)\d{2}\s?[)）\]〕]\s?"
_LABELLED = re.compile(rf"(?:^|[\s|｜])((?:{'|'.join(_LABELS)})\s?[:：]\s?[^\s|｜]{{1,30}})")
_MOMENT = re.compile(
    r"^\s*((?:19|20)\d{2}[-年/.]\d{1,2}[-月/.]\d{1,2}日?\s+\d{1,2}:\d{2}(?::\d{2})?)(?:\s|$)"
)
_MAY_SIGN = re.compile("[:：(（[〔日]")  # each of these forms has one of them
_SPELLED = (
    re.compile(
        r"[（(](?:本报|本刊|新华社|中新社|见习)?(?:记者|责编|责任编辑|编辑|通讯员)\s?[:：]?\s?[^)）]{2,20}[)）]"
    ),
    re.compile(_YEAR + r"[\u4e00-\u9fff]{1,3}\d{0,5}[\u4e00-\u9fff]{1,4}\d{1,6}号"),  # 案号
    re.compile(r"[\u4e00-\u9fff]{2,8}" + _YEAR + r"第?\d{1,4}号"),  # 文号
    re.compile(
        r"(?:新华社|中新社|中新网|人民网|央视网|本报)[\u4e00-\u9fff]{0,6}\d{1,2}月\d{1,2}日[电讯]"
    ),
)
_META = frozenset(
    {"author", "source", "pubdate", "publishdate", "contentsource", "article:published_time",
     "article:author", "og:release_date", "columntype", "arttitle"}
)  # fmt: skip
_CLASSES = frozenset({"author", "source", "editor", "pubtime", "byline"})
_GENERATED = re.compile(r"cms|织梦|帝国|wordpress|discuz|www\.|http|dede", re.IGNORECASE)


def bylines_in_text(text: str) -> tuple[str, ...]:
    """The bylines that stand in a text, each once, in order."""
    lines = text.split("\n", _MOST_LINES)[:_MOST_LINES]
    found = (byline for line in lines for byline in _in_line(line[:2_000]))
    return tuple(dict.fromkeys(found))[:_MOST]


def find_bylines(tree: Tree, text: str) -> tuple[str, ...]:
    """The same with what the page's source says: its meta entries, its time and source elements."""
    return tuple(dict.fromkeys((*bylines_in_text(text), *_in_source(tree))))[:_MOST]


def _in_line(line: str) -> Iterator[str]:
    if not _MAY_SIGN.search(line):
        return
    for pattern in (_LABELLED, _MOMENT):
        yield from (match[1].strip() for match in pattern.finditer(line))
    for pattern in _SPELLED:
        yield from (match[0] for match in pattern.finditer(line))


def _in_source(tree: Tree) -> Iterator[str]:
    for meta in tree.named("meta")[:60]:
        name = (attribute(meta, "name") or attribute(meta, "property")).lower()
        value = attribute(meta, "content").strip()[:_LONGEST]
        if name in _META and value and not _GENERATED.search(value):
            yield f"{name}: {value}"
    for element in tree.named("time")[:3]:
        if words := words_of(element)[:_LONGEST]:
            yield f"time: {words}"
    signed = (e for e in tree.elements if _CLASSES.intersection(attribute(e, "class").split()))
    for element in islice(signed, 3):
        if 1 < len(words := words_of(element)) <= _LONGEST:
            yield words
