"""What officers decide says how words fare, and which ones the lists do not have yet."""

from lexicons.faring import Reviewed, fared, never_hit, proposals


def test_the_weakest_come_first_with_what_misled() -> None:
    found = fared(
        [
            Reviewed(confirmed=True, names=("保本", "高息")),
            Reviewed(confirmed=False, names=("高息",), misled_by=("高息",)),
            Reviewed(confirmed=False, names=("高息", "高息")),
        ]
    )

    assert [(one.name, one.confirmed, one.dismissed, one.misled) for one in found] == [
        ("高息", 1, 2, 1),
        ("保本", 1, 0, 0),
    ]
    assert found[0].precision == 1 / 3


def test_without_decisions_there_is_nothing_to_tell() -> None:
    assert fared([]) == ()


def test_words_that_never_hit_are_named_once_in_their_order() -> None:
    assert never_hit(["甲乙", "丙丁", "甲乙", "戊己"], {"丙丁"}) == ("甲乙", "戊己")


def test_a_word_of_confirmed_pages_is_proposed_and_what_all_pages_have_is_not() -> None:
    confirmed = [{"星盾", "公司", "保本"} for _ in range(4)]
    others = [{"公司", "轴承"} for _ in range(8)]

    found = proposals(confirmed, others, known={"保本"})

    assert [one.word for one in found] == ["星盾"]


def test_two_pages_figures_and_latin_propose_nothing() -> None:
    assert proposals([{"星盾"}, {"星盾"}], [], known=()) == ()
    assert proposals([{"2026", "usdt"}] * 5, [], known=()) == ()
