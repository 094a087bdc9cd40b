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
NOWHERE = "000000"  # of an installation that names none
_PROVINCES = frozenset(
    {"11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
     "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64",
     "65", "71", "81", "82"}
)  # fmt: skip
_CITY_OFFICES = frozenset({"310141"})  # 市局、自贸区：registered at city level, district unknown


def todays_code(code: str) -> str:
    """The code that a region goes by today; itself where nothing changed."""
    return TODAYS_CODES.get(code, code)


def names_a_district(code: str) -> bool:
    """Whether a code says which district, and not only the province or city."""
    return len(code) == 6 and not code.endswith("00") and code not in _CITY_OFFICES


def is_region(code: str) -> bool:
    """Whether there can be such a code: of a province there is, and of a listed district where the
    districts of the province are listed here.
    """
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return False
    listed = {one[:2] for one in _NAMES}
    known = todays_code(code) in _NAMES if code[:2] in listed else code[:2] in _PROVINCES
    return known or code == NOWHERE


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
