"""On a card the figure and its label lie in different cells; together they are one rate."""

from crawler.domain.page import Card, PageStructure
from lexicons.card_yields import card_yields
from lexicons.yields import find_yields


def a_page(*cells: str) -> PageStructure:
    return PageStructure(cards=(Card(cells=cells, start=0, end=40),))


def test_a_figure_finds_its_label_over_other_cells() -> None:
    (rate,) = card_yields(a_page("0.03%", "72% 已抢", "日息"), ())

    assert rate.annual_high == 10.95
    assert (rate.start, rate.end) == (0, 40)


def test_a_card_that_the_text_already_gave_is_not_counted_twice() -> None:
    text = "7.0%\n年化收益\n44天"

    assert list(card_yields(a_page("7.0%", "年化收益", "44天"), find_yields("body", text))) == []


def test_a_card_without_a_label_or_a_figure_has_no_rate() -> None:
    assert list(card_yields(a_page("80%", "募集进度", "30天"), ())) == []
    assert list(card_yields(a_page("年化收益", "面议"), ())) == []
    assert list(card_yields(None, ())) == []


def test_a_sentence_is_no_label() -> None:
    assert list(card_yields(a_page("8%", "您最高可达到的预期年化收益率"), ()))
    assert not list(card_yields(a_page("8%", "本期产品您最高可达到的预期年化收益率"), ()))


def test_every_card_is_looked_at() -> None:
    card = Card(cells=("0.03%", "日息"), start=0, end=40)

    assert len(list(card_yields(PageStructure(cards=(card,) * 150), ()))) == 150
