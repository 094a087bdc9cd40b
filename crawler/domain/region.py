"""Region codes (GB/T 2260): which of them are districts."""

_CITY_OFFICES = frozenset({"310141"})  # 市局、自贸区：registered at city level, district unknown


def names_a_district(code: str) -> bool:
    """Whether a code says which district, and not only the province or city."""
    return len(code) == 6 and not code.endswith("00") and code not in _CITY_OFFICES
