"""Normal forms: comparable, a fixed point, with the way back."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexicons.normalising import normal_form, normalise

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # lone surrogates too
MEANT_BADLY = st.text("保本息Ｐ２p㈱…⑩\u200b\u202e\u00ad\ufe0f獲İﬁ㎏ \n\ud800", max_size=80)

FORMS = [
    ("full width", "Ｐ２Ｐ，１２％", "p2p,12%"),
    ("mixed case", "UsDt", "usdt"),
    ("traditional", "保證獲利", "保证获利"),
    ("zero width inside", "保\u200b本", "保本"),
    ("soft hyphen and joiner", "保\u00ad本\u2060保息", "保本保息"),
    ("bidi controls", "\u202e息保\u202c", "息保"),
    ("stroke laid over", "保\u0336本\u0336", "保本"),
    ("variation selector", "保\ufe0f本", "保本"),
    ("circled digit", "①②", "12"),
    ("one to many", "⑩天㈱", "10天(株)"),
    ("ellipsis", "躺赚…", "躺赚..."),
    ("no-break space", "年化\u00a012%", "年化 12%"),
    ("half a pair", "保\ud800本", "保\ufffd本"),
    ("a blessing of 18 letters stays one", "\ufdfa", "\ufdfa"),
]


@pytest.mark.fault("L06")
@pytest.mark.parametrize(("text", "form"), [row[1:] for row in FORMS], ids=[r[0] for r in FORMS])
def test_text_gets_its_normal_form(text: str, form: str) -> None:
    assert normal_form(text) == form


@given(ANY_TEXT | MEANT_BADLY)
def test_doing_it_twice_changes_nothing(text: str) -> None:
    once = normal_form(text)

    assert normal_form(once) == once


def test_every_character_there_is_has_a_normal_form_that_stays() -> None:
    every = [chr(code) for code in range(0x110000)]

    forms = normal_form("".join(every))

    assert normal_form(forms) == forms


@given(ANY_TEXT | MEANT_BADLY)
def test_offsets_only_go_forward_and_stay_inside(text: str) -> None:
    normal = normalise(text)

    assert len(normal.offsets) == len(normal.text)
    assert bool(np.all(np.diff(normal.offsets) >= 0))
    assert all(0 <= place < len(text) for place in normal.offsets)


@given(ANY_TEXT | MEANT_BADLY, st.data())
def test_a_stretch_points_at_the_characters_that_gave_it(text: str, data: st.DataObject) -> None:
    normal = normalise(text)
    if not normal.text:
        return
    start = data.draw(st.integers(0, len(normal.text) - 1))
    end = data.draw(st.integers(start + 1, len(normal.text)))

    first, beyond = normal.span(start, end)

    assert normal.text[start:end] in normal_form(text[first:beyond])


@given(st.text(st.characters(categories=["Cf"]), max_size=20))
def test_invisible_marks_leave_nothing(text: str) -> None:
    assert normal_form(text) == ""


@given(st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=["Cf", "Mn"]))
def test_a_compatible_character_equals_what_it_is_compatible_with(character: str) -> None:
    compatible = unicodedata.normalize("NFKC", character)
    if len(compatible) > 4:
        return

    assert normal_form(character) == normal_form(compatible)


@pytest.mark.slow
@pytest.mark.parametrize(("character", "size"), [("保", 1), ("…", 3), ("\u200b", 0)])
def test_four_million_of_one_character_are_done_at_once(character: str, size: int) -> None:
    normal = normalise(character * 4_000_000)

    assert len(normal.offsets) == 4_000_000 * size
