"""The word lists as they are, loaded once for all tests of this room."""

from pathlib import Path

import pytest

import lexicons
from crawler.domain.lexicon import Lexicon
from lexicons.judging import Judge
from lexicons.loading import load_lexicon
from lexicons.patterns import Finder
from lexicons.segmenting import Segmenter

FOLDER = Path(lexicons.__file__).parent


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load_lexicon(FOLDER)


@pytest.fixture(scope="session")
def finder(lexicon: Lexicon) -> Finder:
    return Finder(lexicon)


@pytest.fixture(scope="session")
def segmenter(lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    return Segmenter(lexicon, tmp_path_factory.mktemp("jieba"))


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(FOLDER, tmp_path_factory.mktemp("judge"))
