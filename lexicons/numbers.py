"""Numbers as people write them on Chinese pages: digits, Chinese numerals, 万 and 千, halves."""

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MULTIPLES = {"百": 100.0, "千": 1000.0, "万": 10_000.0, "亿": 100_000_000.0}

CHINESE = "[零一二两三四五六七八九十百]{1,6}(?:点[零一二三四五六七八九]{1,4})?"
DECIMAL = r"\d{1,5}(?:\.\d{1,4})?"
AMOUNT = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,9}(?:\.\d{1,4})?|[一二两三四五六七八九十百千]{1,6}"
PER_YEAR = {"日": 365.0, "天": 365.0, "周": 52.0, "月": 12.0, "季": 4.0, "年": 1.0}


def number(written: str) -> float:
    """The value of digits (1,000.5) or Chinese numerals (三十五点五); ValueError if it is none."""
    plain = written.replace(",", "").strip()
    if plain[:1].isdigit():
        return float(plain)
    whole, _, decimals = plain.partition("点")
    return float(f"{_whole(whole)}.{''.join(str(DIGITS[c]) for c in decimals) or '0'}")


def spoken(written: str) -> float:
    """A sum as it is said: 一万二 is 12,000, 两百五 is 250; 0 where it is none."""
    high, _, low = written.rpartition("万")
    last = high[-1:] and 1_000
    for unit, times in (("千", 100), ("百", 10)):
        if low.endswith(unit):
            last = 0
        elif low[-2:-1] == unit:
            last = times
    try:
        value = number(high) * 10_000 if high else 0.0
        if last and low and low[-1] in DIGITS and (low[-2:-1] in _UNITS or len(low) == 1):
            return value + (number(low[:-1]) if low[:-1] else 0.0) + DIGITS[low[-1]] * last
        return value + (number(low) if low else 0.0)
    except ValueError:
        return 0.0


def amount(written: str, unit: str | None) -> float:
    """A sum of money: 1 with 万 is 10,000."""
    said = number(written) if written[:1].isdigit() else spoken(written)
    return said * _MULTIPLES.get(unit or "", 1.0)


def _whole(written: str) -> int:
    total, digit = 0, None
    for character in written:
        if character in DIGITS:
            digit = DIGITS[character] if digit is None else digit * 10 + DIGITS[character]
        elif character in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[character]
            digit = None
        else:
            raise ValueError(f"no numeral: {written}")
    if digit is None and not total and not written:
        raise ValueError("no numeral")
    return total + (digit or 0)
