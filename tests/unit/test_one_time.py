"""Codes of half a minute, against the published vectors."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.domain.one_time import (
    RECOVERY_CODES,
    code_of,
    recovery_codes,
    recovery_digest,
    step_of,
    step_shown,
)

SECRET = b"12345678901234567890"  # of RFC 4226 appendix D and RFC 6238 appendix B
AT = datetime(2026, 5, 11, 4, 0, 10, tzinfo=UTC)


COUNTED = (
    "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
    "520489",
)  # fmt: skip


@pytest.mark.parametrize(("count", "code"), list(enumerate(COUNTED)))
def test_counted_codes_are_those_of_rfc_4226(count: int, code: str) -> None:
    assert code_of(SECRET, count) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
        (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_timed_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)

    assert code_of(SECRET, step_of(at), digits=8) == code


@pytest.mark.parametrize(("off", "fits"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_a_clock_may_be_one_step_off_and_no_more(off: int, fits: int) -> None:
    typed = code_of(SECRET, step_of(AT) + off)

    assert step_shown(SECRET, typed, AT) == (step_of(AT) + off if fits else None)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "٠١٢٣٤٥"])
def test_what_is_no_code_fits_nothing(typed: str) -> None:
    assert step_shown(SECRET, typed, AT) is None


def test_a_code_may_be_typed_in_groups() -> None:
    code = code_of(SECRET, step_of(AT))

    assert step_shown(SECRET, f"{code[:3]} {code[3:]}", AT) == step_of(AT)


def test_recovery_codes_are_all_different_and_read_in_any_form() -> None:
    codes = recovery_codes(bytes(range(RECOVERY_CODES * 10)))

    assert len(set(codes)) == RECOVERY_CODES
    assert recovery_digest(codes[0].upper().replace("-", " ")) == recovery_digest(codes[0])
