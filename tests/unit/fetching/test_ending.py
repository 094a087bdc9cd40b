import pytest

from crawler.domain.capture import Outcome
from crawler.fetching.egress import Connection
from crawler.fetching.ending import Sighting, ending_of, gate_of
from crawler.fetching.trail import Trail
from tests.builders import NOON


def a_trail(
    *,
    status: int | None = 200,
    failure: str = "",
    mime: str = "text/html",
    error_page: bool = False,
) -> Trail:
    trail = Trail("F1")
    trail.status, trail.failure, trail.content_type = status, failure, mime
    trail.unreachable = error_page
    trail.final_url = "" if failure == "net::ERR_ABORTED" else "http://a.cn/"
    return trail


def a_gate(outcome: Outcome | None = None, reason: str = "") -> Connection:
    return Connection(host="a.cn", port=80, at=NOON, outcome=outcome, reason=reason)


SEEN = Sighting(read=True, blank=False)
BLANK = Sighting(read=True, blank=True)
UNREAD = Sighting(read=False, blank=True)
BARRED = a_gate(Outcome.BLOCKED_ADDRESS, "127.0.0.1 不是公网地址")
NOT_FOUND = a_gate(Outcome.NAME_NOT_FOUND, "域名不存在")


@pytest.mark.parametrize(
    ("trail", "gate", "sighting", "outcome"),
    [
        (a_trail(), a_gate(), SEEN, Outcome.SEEN),
        (a_trail(), a_gate(), BLANK, Outcome.EMPTY),
        (a_trail(), a_gate(), UNREAD, Outcome.BROWSER_FAILED),
        (a_trail(status=404), a_gate(), SEEN, Outcome.HTTP_ERROR),
        (a_trail(status=403), BARRED, SEEN, Outcome.HTTP_ERROR),  # its own words, not the gate's
        (a_trail(status=429), a_gate(), SEEN, Outcome.RATE_LIMITED),
        (a_trail(mime="application/json"), a_gate(), SEEN, Outcome.NOT_HTML),
        (a_trail(status=204, failure="net::ERR_ABORTED"), a_gate(), UNREAD, Outcome.EMPTY),
        (a_trail(failure="net::ERR_ABORTED"), a_gate(), UNREAD, Outcome.DOWNLOAD),
        (a_trail(status=403), BARRED, BLANK, Outcome.BLOCKED_ADDRESS),
        (a_trail(status=403), a_gate(), BLANK, Outcome.HTTP_ERROR),
        (a_trail(status=502), NOT_FOUND, BLANK, Outcome.NAME_NOT_FOUND),
        (
            a_trail(status=None, failure="net::ERR_TUNNEL_CONNECTION_FAILED", error_page=True),
            BARRED,
            UNREAD,
            Outcome.BLOCKED_ADDRESS,
        ),
        (
            a_trail(status=None, failure="net::ERR_EMPTY_RESPONSE", error_page=True),
            a_gate(),
            UNREAD,
            Outcome.BAD_RESPONSE,
        ),
        (
            a_trail(status=None, failure="net::ERR_SSL_PROTOCOL_ERROR", error_page=True),
            a_gate(),
            UNREAD,
            Outcome.TLS_FAILED,
        ),
        (
            a_trail(status=None, failure="net::ERR_TOO_MANY_REDIRECTS", error_page=True),
            a_gate(),
            UNREAD,
            Outcome.REDIRECT_LIMIT,
        ),
    ],
)
def test_a_rendering_ends_with_the_outcome_that_fits(
    trail: Trail, gate: Connection, sighting: Sighting, outcome: Outcome
) -> None:
    ending = ending_of(trail, gate, sighting)

    assert ending.outcome is outcome
    assert bool(ending.reason) == (outcome is not Outcome.SEEN)


def test_a_late_refusal_does_not_unsee_the_page() -> None:
    spent = a_gate(Outcome.BUDGET_REACHED, "流量已达上限")

    assert ending_of(a_trail(), spent, SEEN).outcome is Outcome.SEEN


def test_a_body_that_broke_off_after_words_came_is_a_part() -> None:
    broken = a_trail(failure="net::ERR_CONTENT_LENGTH_MISMATCH")
    broken.broke_off = True

    ending = ending_of(broken, a_gate(), SEEN)

    assert ending.outcome is Outcome.PARTIAL
    assert "没有传完" in ending.reason


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://a.cn/x", ("a.cn", 80)),
        ("https://A.cn/", ("a.cn", 443)),
        ("http://[::1]:8080/", ("::1", 8080)),
        ("http://a.cn:99999/", None),
        ("about:blank", None),
        ("", None),
    ],
)
def test_an_address_is_asked_at_its_host_and_port(url: str, place: tuple[str, int] | None) -> None:
    assert gate_of(url) == place


@pytest.mark.parametrize(
    ("read", "outcome", "said"),
    [
        (True, Outcome.PARTIAL, "强制停止后读取了已有的部分"),
        (False, Outcome.BROWSER_FAILED, "强制停止后仍无法读取"),
    ],
)
def test_the_reason_of_a_halted_page_says_whether_it_was_read(
    *, read: bool, outcome: Outcome, said: str
) -> None:
    halted = Sighting(read=read, blank=False, stopped_for="页面脚本不停运行")

    assert ending_of(a_trail(), a_gate(), halted) == (outcome, f"页面脚本不停运行，{said}")
