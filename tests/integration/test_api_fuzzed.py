"""The API under generated requests: whatever is sent, the answer is one that is described."""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.schemas import APIOperation

from crawler.domain.client import Scope
from crawler.service.api.app import PATH
from tests.integration.api_house import ApiHouse, Program, an_api

# any bytes or words fit their description, and few are a list, an address or a PDF
LOOSE = ("/lists", "/leads", "/tasks/{number}/attachments")
FEW, MANY = 3, int(os.environ.get("XUNWANG_FUZZ_EXAMPLES", "60"))  # of each route


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiHouse]:
    with an_api(tmp_path_factory.mktemp("fuzzed") / "home") as house:
        house.task()
        yield house


@pytest.fixture(scope="module")
def program(api: ApiHouse) -> Program:
    return api.program(*Scope, endpoint="fetching", name="fuzzer")


def test_every_answer_is_one_that_is_described(api: ApiHouse, program: Program) -> None:
    assert _walked(api, program, FEW) > 12


@pytest.mark.soak
def test_many_more_answers_are_as_described(api: ApiHouse, program: Program) -> None:
    assert _walked(api, program, MANY) > 12


def _walked(api: ApiHouse, program: Program, examples: int) -> int:
    """How many routes were asked, each with so many generated requests."""
    # not the plugin for pytest: it reaches into pytest's inside, and does not find it there
    url = f"http://127.0.0.1:{api.port}{PATH}/openapi.json"
    headers = {"Authorization": f"Bearer {program.token}"}
    walked = 0

    for found in schemathesis.openapi.from_url(url).get_all_operations():
        _walk(found.ok(), headers, examples)
        walked += 1
    return walked


def _walk(operation: APIOperation, headers: dict[str, str], examples: int) -> None:
    names = ["negative_data_rejection"]
    names += ["positive_data_acceptance"] if operation.path in LOOSE else []
    excluded = [CHECKS.get_one(name) for name in names]
    anything = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=operation.as_strategy() | anything)
    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    def ask(case: Case) -> None:
        assume("%0A" not in case.formatted_path.upper())  # nothing is mounted under such a path
        case.call_and_validate(headers=headers, timeout=20, excluded_checks=excluded)

    ask()
