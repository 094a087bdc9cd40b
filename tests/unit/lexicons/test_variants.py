"""Disguises lead back to one real word each."""

import pytest

from lexicons.variants import read_variants, reversed_words, sounded

WHOLE = "characters:\n  本: 夲楍\nwords:\n  微信: [v信, 薇信]\nsounds:\n  bao: 保宝\n"


def test_characters_words_and_sounds_are_read() -> None:
    variants, problems = read_variants(WHOLE.encode())

    assert problems == []
    assert variants.undone == {"夲": "本", "楍": "本", "v信": "微信", "薇信": "微信"}
    assert variants.sounds == {"bao": "保宝"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (WHOLE.replace("薇信", "微信"), "归一化后就是原词"),
        (WHOLE.replace("薇信", "''"), "归一化后为空"),
        (WHOLE.replace("微信: [v信, 薇信]", "微信: [v信]\n  威信: [v信]"), "既指"),
        (WHOLE.replace("微信: [v信, 薇信]", "微信: [v信]\n  v信: [薇信]"), "成链或成环"),
        (WHOLE.replace("微信: [v信, 薇信]", "甲乙: [丙丁]\n  丙丁: [甲乙]"), "成链或成环"),
        (WHOLE.replace("sounds", "noises"), "不认识的部分“noises”"),
        ("words: {}\n", "缺少 characters"),
        ("[", "YAML"),
    ],
)
def test_a_disguise_that_leads_nowhere_or_in_circles_is_refused(
    content: str, complaint: str
) -> None:
    _, problems = read_variants(content.encode())

    assert any(complaint in str(problem) for problem in problems), problems
    assert all(str(problem).startswith("variants.yaml 第 ") for problem in problems)


def test_a_word_is_written_in_syllables_in_part_never_wholly() -> None:
    written = sounded(["保本", "币"], {"bao": "保", "ben": "本", "bi": "币"})

    assert written == {"bao本": "保本", "保ben": "保本"}


def test_only_long_words_are_expected_backwards() -> None:
    assert reversed_words(["保本", "保本保息", "上海自来水来自海上"]) == {"息保本保": "保本保息"}
