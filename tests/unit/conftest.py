"""The word lists as they are, loaded once for all unit tests."""

from pathlib import Path

import pytest

import lexicons
from crawler.domain.lexicon import Lexicon
from lexicons.judging import Judge
from lexicons.patterns import Finder
from lexicons.segmenting import Segmenter

FOLDER = Path(lexicons.__file__).parent


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(FOLDER, tmp_path_factory.mktemp("judge"))


@pytest.fixture(scope="session")
def lexicon(judge: Judge) -> Lexicon:
    return judge.tools.lexicon


@pytest.fixture(scope="session")
def finder(judge: Judge) -> Finder:
    return judge.tools.finder


@pytest.fixture(scope="session")
def segmenter(judge: Judge) -> Segmenter:
    return judge.tools.segmenter
