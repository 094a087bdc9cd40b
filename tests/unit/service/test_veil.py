"""Who told of a site is masked in its papers; what merely stands beside a name is not."""

import pytest

from crawler.domain.subject import usable_uscc
from crawler.service.packing.veil import _parts


@pytest.mark.parametrize(
    ("reporter", "names"),
    [
        ("李铁柱", ["李铁柱"]),
        ("李铁柱 13900139003", ["李铁柱", "13900139003"]),
        ("投资人 养老", []),  # what somebody is: blanking it would spoil the subject's own name
        ("投资人 李铁柱（养老）", ["李铁柱"]),
        ("阿强", ["阿强"]),
        ("匿名", []),
    ],
)
def test_names_are_told_from_what_somebody_is(reporter: str, names: list[str]) -> None:
    assert _parts(reporter) == names


@pytest.mark.parametrize(
    ("code", "usable"),
    [
        ("91310118MA1JL0XXXX"[:16] + "0Q", True),
        ("310118198001011234", False),  # a citizen's number in the same column
        ("31011819800101123X", False),
        ("9.13E+17", False),
    ],
)
def test_a_persons_number_is_no_code_of_a_subject(code: str, usable: bool) -> None:
    assert bool(usable_uscc(code)) is usable
