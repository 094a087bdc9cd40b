"""The sieve lets through whatever could be a finding, and little else."""

from pathlib import Path

import pytest
import yaml

from lexicons.judging import Judge
from lexicons.sieving import Seen
from tests.builders import NOON, a_text, a_visit

TEXTS = Path(__file__).parents[2] / "quality" / "texts"
RISKS = yaml.safe_load((TEXTS / "risk.yaml").read_text("utf-8"))


@pytest.mark.parametrize("page", RISKS, ids=lambda page: page["id"])
def test_no_risk_is_stopped(judge: Judge, page: dict[str, str]) -> None:
    assert judge.passes(a_text(page["text"]))


@pytest.mark.parametrize(
    "body",
    [
        "某某机械有限公司 产品中心 联系我们 服务热线 质量第一",
        "市第二人民医院 预约挂号 专家门诊",
        "古钱币展 5月1日开展 免费预约",
        "双十一返场 满300返50 包邮 优惠券",
        "",
    ],
)
def test_ordinary_pages_are_stopped(judge: Judge, body: str) -> None:
    assert not judge.passes(a_text(body))


@pytest.mark.parametrize("page", RISKS[:20], ids=lambda page: page["id"])
def test_contexts_only_ever_lower_what_the_sieve_saw(judge: Judge, page: dict[str, str]) -> None:
    text = a_text(page["text"])

    level_free = Seen(text, judge.tools).score()

    judged = judge.judge(a_visit(), text, None, NOON)
    evidence = sum(r.points for r in judged.reasons if r.rule.startswith("category:"))
    assert evidence <= level_free + 0.1


@pytest.mark.parametrize("page", RISKS, ids=lambda page: page["id"])
def test_the_quick_look_never_stops_what_the_longer_one_lets_through(
    judge: Judge, page: dict[str, str]
) -> None:
    for part in (page["text"], *page["text"].split("\n")):
        seen = Seen(a_text(part), judge.tools)
        before, after = seen.at_most(), seen.at_most(shapes=True)

        assert before + 1e-9 >= after >= seen.score() - 1e-9
        assert seen.score() >= seen.at_least() - 1e-9
