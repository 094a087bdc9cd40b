"""Forms and buttons: what a page asks its visitor to fill in and to press."""

import re
from collections.abc import Iterator

from bs4.element import Tag

from crawler.domain.page import Form, FormKind
from crawler.reading.soup import Tree, attribute, is_hidden, words_of

_MOST_FORMS = 40
_MOST_LABELS = 30
_MOST_BUTTONS = 100
_LONGEST = 24
_HIGHEST = 5  # how far above a lone entry its box may be
# What words make of a form; the first kind wins a tie.
_WORDS: tuple[tuple[FormKind, str], ...] = (
    (
        FormKind.INVEST,
        r"投资金额|出借金额|认购|申购|投标|立即投资|马上投资|我要投资|立即出借|加入金额|购买金额|起投|买入|"
        r"充值|预约投资|投资意向|可用余额|invest|recharge|tender",
    ),
    (
        FormKind.LOAN,
        r"借款|贷款|借多少|申请额度|额度|月收入|婚姻|房产|车产|芝麻分|信用卡额度|还款|loan|borrow|credit",
    ),
    (
        FormKind.REGISTER,
        r"注册|邀请码|邀请人|推荐人|推荐码|确认密码|设置密码|重复密码|开户|regist|signup|sign_up|invite|"
        r"repassword|password2|confirm",
    ),
    (FormKind.LOGIN, r"登录|登陆|记住我|忘记密码|用户名|login|signin|logon"),
    (
        FormKind.CONTACT,
        r"留言|咨询|联系人|称呼|您的姓名|联系方式|联系电话|回电|预约|反馈|message|feedback|contact|content",
    ),
    (FormKind.SEARCH, r"搜索|搜一下|查询|检索|站内|关键[字词]|search|keyword"),
)
_KINDS = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _WORDS)
_SEARCH_NAMES = frozenset({"q", "wd", "kw", "s", "query", "keyword", "keywords", "word", "search"})
_PRESSABLE = ("button", "input", "a")
_BUTTON_TYPES = frozenset({"submit", "button", "image"})
_UNTYPED = _BUTTON_TYPES | {"hidden", "reset", "checkbox", "radio"}
_BUTTON_CLASS = re.compile(r"\b(?:btn|button|but)\b|btn", re.IGNORECASE)
_CALL = re.compile(
    r"^(?:立即|马上|立刻|免费|我要|点击|快速|一键|抢|申请|下载|注册|登录|开户|加入|扫码|在线|预约|领取)"
)


def find_forms(tree: Tree) -> tuple[Form, ...]:
    """Every form, and every box that only looks like one, with its kind."""
    boxes = [*tree.named("form"), *_formless(tree)][:_MOST_FORMS]
    return tuple(form for box in boxes if (form := _form_of(box)) is not None)


def find_buttons(tree: Tree) -> tuple[str, ...]:
    """The words on buttons and on links that look or sound like buttons, each once."""
    words = filter(None, map(_pressed, tree.named(*_PRESSABLE)))
    return tuple(dict.fromkeys(words))[:_MOST_BUTTONS]


def _formless(tree: Tree) -> Iterator[Tag]:
    """The boxes around entries that belong to no form, as script-made pages have them."""
    seen: set[int] = set()
    for entry in tree.named("input", "textarea")[:200]:
        if entry.find_parent("form") is None and _asks(entry):
            box = _box_around(entry)
            if id(box) not in seen:
                seen.add(id(box))
                yield box


def _box_around(entry: Tag) -> Tag:
    """The nearest box that also has something to press."""
    box = entry
    for parent, _ in zip(entry.parents, range(_HIGHEST), strict=False):
        if parent.name in ("body", "html", "[document]"):
            break
        box = parent
        if any(_pressed(element) for element in box.find_all(_PRESSABLE, limit=30)):
            break
    return box


def _asks(entry: Tag) -> bool:
    return attribute(entry, "type").lower() not in _UNTYPED and not is_hidden(entry)


def _form_of(box: Tag) -> Form | None:
    fields = box.find_all(["input", "textarea", "select"], limit=60)
    entries = [entry for entry in fields if _asks(entry)]
    if not entries:
        return None
    labels = tuple(dict.fromkeys(text for text in _labels(box, entries) if text))[:_MOST_LABELS]
    button = _button_of(box)
    return Form(kind=_kind_of(box, entries, labels, button), labels=labels, button=button)


def _labels(box: Tag, entries: list[Tag]) -> Iterator[str]:
    """What stands beside, in or about each entry."""
    written = {attribute(label, "for"): label for label in box.find_all("label", limit=60)}
    for entry in entries:
        label = written.get(attribute(entry, "id") or "-") or entry.find_parent("label")
        yield _short(words_of(label)) if label else _beside(entry)
        for name in ("placeholder", "aria-label", "title"):
            yield _short(attribute(entry, name))


def _beside(entry: Tag) -> str:
    """The words just before an entry, or in the table cell before its own."""
    before = entry.find_previous_sibling(["label", "span", "em", "i", "b", "strong", "p", "div"])
    cell = entry.find_parent(["td", "dd"])
    if before is None and cell is not None:
        before = cell.find_previous_sibling(["td", "th", "dt"])
    if before is not None:
        return _short(words_of(before))
    text = entry.find_previous_sibling(string=True)
    return _short(str(text)) if text else ""


def _short(text: str) -> str:
    return " ".join(text.split()).rstrip(":：* ")[:_LONGEST]


def _button_of(box: Tag) -> str:
    pressed = (_pressed(element) for element in box.find_all(_PRESSABLE, limit=60))
    return next((text for text in pressed if text), "")


def _pressed(element: Tag) -> str:
    """The words on something to press, empty if it is nothing to press."""
    kind = attribute(element, "type").lower()
    if element.name == "input":
        words = attribute(element, "value") or attribute(element, "alt")
        return _short(words) if kind in _BUTTON_TYPES else ""
    words = _short(words_of(element)) if element.name == "button" or _looks_pressed(element) else ""
    return (
        words
        if element.name == "button"
        or _BUTTON_CLASS.search(attribute(element, "class"))
        or attribute(element, "role") == "button"
        or _CALL.match(words)
        else ""
    )


def _looks_pressed(link: Tag) -> bool:
    """Cheap: no more words than fit on a button."""
    return len(link.get_text()) <= 2 * _LONGEST


def _kind_of(box: Tag, entries: list[Tag], labels: tuple[str, ...], button: str) -> FormKind:
    """By the words on the button first, then by what is asked, then by names in the source."""
    if len(entries) == 1 and _searches(entries[0]):
        return FormKind.SEARCH
    asked = " ".join(labels)
    names = " ".join(attribute(e, "name") + " " + attribute(e, "id") for e in (box, *entries))
    names += " " + attribute(box, "action") + " " + attribute(box, "class")
    scores = {
        kind: 3 * bool(words.search(button))
        + min(3, 2 * len(set(words.findall(asked))))
        + bool(words.search(names))
        for kind, words in _KINDS
    }
    if any(attribute(entry, "type").lower() == "password" for entry in entries):
        scores[FormKind.LOGIN] += 1
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] > 0 else FormKind.OTHER


def _searches(entry: Tag) -> bool:
    return (
        attribute(entry, "type").lower() == "search"
        or attribute(entry, "name").lower() in _SEARCH_NAMES
        or "搜" in attribute(entry, "placeholder")
    )
