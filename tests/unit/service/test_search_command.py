"""What the command refuses before it asks an engine."""

import pytest

from crawler.domain.errors import BadInput
from crawler.service.cli import COMMANDS, app_of


@pytest.mark.parametrize("words", ["*", '"', "且", "非 非", "非 保本", "((("])
def test_a_question_without_a_word_to_find_is_sent_back(words: str) -> None:
    with pytest.raises(BadInput, match="没有可检索的字词"):
        app_of(COMMANDS)(args=["search", words], standalone_mode=False)
