"""Single cells of a filing list: dirt removed, null words, dates, regions, yes and no."""

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NULL_WORDS = """
    - -- --- — —— / \\ . 无 暂无 空 没有 未知 未填 未填写 不详 略 待补充 待定
    null none nil nan n/a na #n/a undefined 0000-00-00
"""
_NULLS = frozenset(_NULL_WORDS.split())
_LONGEST_NULL = max(len(word) for word in _NULLS)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DATE = re.compile(
    r"(?P<y>-?\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?(?:[T\s].*)?|(?P<c>\d{8})(?:\d{6})?"
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e\+?\d+)?", re.IGNORECASE)
_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST, _LAST = date(1994, 1, 1), date(2100, 1, 1)


def without_invisible(text: str) -> str:
    """The text without zero-width and direction marks."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def cleaned(cell: str) -> str:
    """A cell without what nobody meant to write: invisible marks, outer spaces, the apostrophe
    Excel hides behind; nothing for the words that mean nothing.
    """
    text = cell if cell.isascii() else unicodedata.normalize("NFKC", _INVISIBLE.sub("", cell))
    text = text.strip()
    if text[:1] == "'":
        text = text[1:].strip()
    return "" if len(text) <= _LONGEST_NULL and text.lower() in _NULLS else text


def written(cell: str) -> str:
    """A name as it was written: its width and brackets kept, without what nobody meant to write."""
    text = without_invisible(cell).strip().removeprefix("'").strip()
    return text if len(text) > _LONGEST_NULL or cleaned(text) else ""


def shown(value: str, limit: int = 80) -> str:
    """A foreign value fit for a message: control characters escaped, cut."""
    safe = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
    safe = _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", safe)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


class BadCell(ValueError):
    """A cell that cannot be used; the message is the reason, in Chinese."""


@lru_cache(maxsize=8192)
def date_in(text: str) -> date | None:
    """The date a cell means: 2021-05-06, 2021/5/6 10:11, 2021年5月6日, 20210506, Excel's serial
    number, a time stamp in milliseconds. None for words; BadCell for a date that cannot be.
    """
    found = _DATE.fullmatch(text)
    if found and (day := _calendar_day(found)):
        return _checked(day)
    if found:
        raise BadCell("日期不存在")
    if _NUMBER.fullmatch(text):
        return _checked(_day_of_number(float(text)))
    if re.match(r"-?\d", text) and re.fullmatch(r"[\d\s:/.年月日TZ+\-]+", text):
        raise BadCell("日期写法无法识别")
    return None


def _calendar_day(found: re.Match[str]) -> date | None:
    compact = found["c"]
    parts = (compact[:4], compact[4:6], compact[6:]) if compact else found.group("y", "m", "d")
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None


def _day_of_number(number: float) -> date:
    if 20_000 <= number < 80_000:
        return _EXCEL_EPOCH + timedelta(days=int(number))
    for scale in (1, 1000):
        if 700_000_000 <= number / scale < 4_200_000_000:
            return date(1970, 1, 1) + timedelta(seconds=number / scale + 8 * 3600)
    raise BadCell("日期是负数" if number < 0 else "不是日期")


def _checked(day: date) -> date:
    if not _FIRST <= day <= _LAST:
        raise BadCell("日期不合理")
    return day


def yes_or_no(text: str) -> bool | None:
    """是/否 in the spellings of exports."""
    word = text.lower()
    if word in ("是", "有", "true", "1", "yes", "y", "限制"):
        return True
    return False if word in ("否", "false", "0", "no", "n", "不限制", "未限制") else None


_SHANGHAI = {
    "黄浦": "310101",
    "徐汇": "310104",
    "长宁": "310105",
    "静安": "310106",
    "普陀": "310107",
    "虹口": "310109",
    "杨浦": "310110",
    "闵行": "310112",
    "宝山": "310113",
    "嘉定": "310114",
    "浦东": "310115",
    "金山": "310116",
    "松江": "310117",
    "青浦": "310118",
    "奉贤": "310120",
    "崇明": "310151",
    "卢湾": "310101",
    "闸北": "310106",
    "南汇": "310115",
}
_OLD_CODES = {
    "310103": "310101",
    "310108": "310106",
    "310119": "310115",
    "310226": "310120",
    "310229": "310118",
    "310230": "310151",
}
_DISTRICT = re.compile(rf"(?:上海市?)?({'|'.join(_SHANGHAI)})(?:新?区|县)?(?![^\s/,市区县])")
_CODE = re.compile(r"([1-9]\d{5})(?:0{3}|0{6}|\d{3}|\d{6})?")


def region_in(text: str) -> str:
    """The GB/T 2260 code that a cell means: a code of 6, 9 or 12 digits, or a district of
    Shanghai by name; nothing otherwise.
    """
    if code := _CODE.fullmatch(text):
        return _OLD_CODES.get(code[1], code[1])
    if district := _DISTRICT.search(text):
        return _SHANGHAI[district[1]]
    return "310000" if text in ("上海", "上海市") else ""
