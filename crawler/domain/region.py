"""Region codes (GB/T 2260): which are districts, what former districts are called today."""

# Districts that were merged or renamed; their codes live on in old numbers.
TODAYS_CODES = {
    "310103": "310101",
    "310108": "310106",
    "310119": "310115",
    "310226": "310120",
    "310229": "310118",
    "310230": "310151",
}
_CITY_OFFICES = frozenset({"310141"})  # 市局、自贸区：registered at city level, district unknown


def todays_code(code: str) -> str:
    """The code that a region goes by today; itself where nothing changed."""
    return TODAYS_CODES.get(code, code)


def names_a_district(code: str) -> bool:
    """Whether a code says which district, and not only the province or city."""
    return len(code) == 6 and not code.endswith("00") and code not in _CITY_OFFICES


def agree(one: str, other: str) -> bool:
    """Whether two codes can mean the same place: one lies within the other, or they are equal."""
    short, long = sorted((_stem(todays_code(one)), _stem(todays_code(other))), key=len)
    return long.startswith(short)


def _stem(code: str) -> str:
    if not names_a_district(code):
        code = code[:4] if code[4:] == "00" and code[2:4] != "00" else code[:2]
    return code


_NAMES = {
    "310000": "上海市", "310101": "黄浦区", "310104": "徐汇区", "310105": "长宁区",
    "310106": "静安区", "310107": "普陀区", "310109": "虹口区", "310110": "杨浦区",
    "310112": "闵行区", "310113": "宝山区", "310114": "嘉定区", "310115": "浦东新区",
    "310116": "金山区", "310117": "松江区", "310118": "青浦区", "310120": "奉贤区",
    "310141": "上海自贸区", "310151": "崇明区",
}  # fmt: skip


DISTRICTS = {code: name for code, name in _NAMES.items() if names_a_district(code)}


def region_name(code: str) -> str:
    """What a region is called; its code where nobody listed it."""
    return _NAMES.get(todays_code(code), code)
