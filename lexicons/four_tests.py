"""The four tests of unlawful fund-raising (司法解释 2022 art. 1), as far as a page shows them."""

from collections.abc import Sequence

from crawler.domain.assessment import FourTests, TestState, Track, Yield
from crawler.domain.subject import (
    NOBODY_ASKED,
    LicenceState,
    Register,
    Standing,
    ambiguities,
    licence_state,
    of_register,
)
from lexicons.evidence import Strength
from lexicons.purpose import Purpose

_ENTICING = frozenset({"yield_promise", "principal_guarantee"})
_ENOUGH, _SOME = 5.0, 2.0


def four_tests(
    strengths: Sequence[Strength],
    yields: Sequence[Yield],
    purpose: Purpose,
    standing: Standing = NOBODY_ASKED,
) -> FourTests:
    """非法性 stays unchecked until a register of licences was asked."""
    if not strengths:
        return FourTests()
    promised = [rate for rate in yields if rate.track is Track.BAIT]
    enticing = _state(
        2 * len(promised) + sum(s.points for s in strengths if s.category in _ENTICING)
    )
    return FourTests(
        unlawful=_UNLAWFUL[licence_state(standing)],
        public=TestState.SHOWN if purpose.offering >= _SOME else TestState.HINTED,
        enticing=enticing,
        social=_state(purpose.offering),
        notes=(
            f"非法性：{_licence_told(standing)}",
            "公开性：公开网页",
            f"利诱性：{'、'.join(rate.raw for rate in promised[:3]) or '见各项发现'}",
            f"社会性：{'、'.join(purpose.offers[:4]) or '未见招揽用语'}",
        ),
    )


def _state(points: float) -> TestState:
    if points >= _ENOUGH:
        return TestState.SHOWN
    return TestState.HINTED if points >= _SOME else TestState.UNSEEN


_UNLAWFUL = {
    LicenceState.UNCHECKED: TestState.UNCHECKED,
    LicenceState.AMBIGUOUS: TestState.UNCHECKED,
    LicenceState.UNLISTED: TestState.UNLISTED,
    LicenceState.LICENSED: TestState.LICENSED,
}


def _licence_told(standing: Standing) -> str:
    """What the registers of licensed institutions say, and how recent they are."""
    lines = of_register(standing, Register.LICENCES)
    match licence_state(standing):
        case LicenceState.LICENSED:
            told = "；".join(f"{one.source} {one.as_of}" for one in lines[:3])
            return f"持牌（{told}），持牌范围须人工核对"
        case LicenceState.UNLISTED if lines:
            return f"名录未命中：所列许可已“{lines[0].status[:20]}”"
        case LicenceState.UNLISTED:
            return "名录未命中"
        case LicenceState.AMBIGUOUS:
            return f"未核验，{'；'.join(ambiguities(standing))[:300]}"
        case LicenceState.UNCHECKED:
            return "未核验，须以持牌名录核对"
