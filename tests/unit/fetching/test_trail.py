from typing import Any

import pytest

from crawler.domain.capture import HopKind
from crawler.fetching.trail import MOST_HOPS, Trail

MAIN = "F1"


def sent(url: str, request: str = "R1", **more: Any) -> tuple[str, dict[str, Any]]:
    params = {
        "requestId": request, "type": "Document", "frameId": MAIN, "wallTime": 1_770_000_000.0,
        "request": {"url": url},
    }  # fmt: skip
    return "Network.requestWillBeSent", params | more


def answered(status: int = 200, request: str = "R1", **more: Any) -> tuple[str, dict[str, Any]]:
    response = {"status": status, "mimeType": "text/html"} | more
    return "Network.responseReceived", {"requestId": request, "response": response}


def asked_for(reason: str) -> tuple[str, dict[str, Any]]:
    return "Page.frameRequestedNavigation", {"frameId": MAIN, "reason": reason}


def shown(url: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "Page.frameNavigated", {"frame": {"id": MAIN, "url": url} | more}


def a_trail(*events: tuple[str, dict[str, Any]]) -> Trail:
    trail = Trail(MAIN)
    for event, params in events:
        trail.take(event, params)
    return trail


def test_a_redirect_is_a_hop_with_its_status_and_target() -> None:
    redirect = {"status": 302, "headers": {"Location": "/b"}}

    trail = a_trail(
        sent("http://a.cn/"), sent("http://a.cn/b", redirectResponse=redirect), answered(200)
    )

    assert [(hop.url, hop.kind, hop.status) for hop in trail.hops] == [
        ("http://a.cn/", HopKind.START, 302),
        ("http://a.cn/b", HopKind.REDIRECT, 200),
    ]
    assert trail.hops[0].location == "/b"
    assert trail.status == 200


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("metaTagRefresh", HopKind.META),
        ("httpHeaderRefresh", HopKind.META),
        ("scriptInitiated", HopKind.SCRIPT),
        ("formSubmissionPost", HopKind.FORM),
        ("anchorClick", HopKind.SCRIPT),
    ],
)
def test_a_page_that_goes_on_says_how(reason: str, kind: HopKind) -> None:
    trail = a_trail(sent("http://a.cn/"), asked_for(reason), sent("http://b.cn/", "R2"))

    assert [hop.kind for hop in trail.hops] == [HopKind.START, kind]


def test_what_frames_and_resources_load_are_no_hops() -> None:
    trail = a_trail(
        sent("http://a.cn/"),
        sent("http://b.cn/f", "R2", frameId="F2"),
        sent("http://c.cn/i", "R3", type="Image"),
        answered(404, "R3"),
    )

    assert len(trail.hops) == 1
    assert trail.status is None
    assert trail.pending == 3


def test_requests_that_ended_are_no_longer_under_way() -> None:
    trail = a_trail(
        sent("http://a.cn/"),
        sent("http://c.cn/i", "R3", type="Image"),
        ("Network.loadingFinished", {"requestId": "R1"}),
        ("Network.loadingFailed", {"requestId": "R3", "errorText": "net::ERR_FAILED"}),
    )

    assert trail.pending == 0
    assert trail.failure == ""


def test_the_browsers_error_page_is_known_for_what_it_is() -> None:
    trail = a_trail(
        sent("http://a.cn/"),
        ("Network.loadingFailed", {"requestId": "R1", "errorText": "net::ERR_EMPTY_RESPONSE"}),
        shown("chrome-error://chromewebdata/", unreachableUrl="http://a.cn/"),
    )

    assert trail.unreachable
    assert (trail.failure, trail.final_url) == ("net::ERR_EMPTY_RESPONSE", "http://a.cn/")


def test_a_frames_navigation_is_not_the_pages() -> None:
    trail = a_trail(shown("http://a.cn/"), shown("http://ad.cn/", id="F2", parentId=MAIN))

    assert trail.final_url == "http://a.cn/"


def test_endless_redirects_keep_the_first_and_the_last_hop() -> None:
    hops = (sent(f"http://a.cn/{n}", f"R{n}") for n in range(500))

    trail = a_trail(*hops)

    assert len(trail.hops) == MOST_HOPS
    assert trail.hops[0].url == "http://a.cn/0"
    assert trail.hops[-1].url == "http://a.cn/499"
    assert trail.navigations == 500


def test_a_rejected_certificate_is_a_problem_and_a_good_one_is_none() -> None:
    details = {"protocol": "TLS 1.3", "cipher": "AES_128_GCM"}

    bad = a_trail(
        sent("https://a.cn/"), answered(securityDetails=details, securityState="insecure")
    )
    good = a_trail(sent("https://a.cn/"), answered(securityDetails=details, securityState="secure"))

    assert bad.tls
    assert good.tls
    assert (bool(bad.tls.problem), good.tls.problem) == (True, "")
    assert bad.tls.version == "TLS 1.3"


def test_an_announced_refresh_is_remembered_until_it_is_called_off() -> None:
    announced = ("Page.frameScheduledNavigation", {"frameId": MAIN, "delay": 3, "reason": "x"})

    assert a_trail(announced).scheduled_s == 3
    cleared = ("Page.frameClearedScheduledNavigation", {"frameId": MAIN})
    assert a_trail(announced, cleared).scheduled_s is None


@pytest.mark.parametrize(
    "file",
    [answered(404, "R2", mimeType="application/zip"), answered(204, "R2", mimeType="text/plain")],
)
def test_a_way_on_that_is_no_page_leaves_the_last_one_standing(
    file: tuple[str, dict[str, Any]],
) -> None:
    aborted = {"requestId": "R2", "errorText": "net::ERR_ABORTED"}
    page = (sent("http://a.cn/"), answered(), shown("http://a.cn/"))

    trail = a_trail(*page, sent("http://a.cn/f", "R2"), file, ("Network.loadingFailed", aborted))

    assert trail.stands
    assert (trail.status, trail.content_type) == (200, "text/html")
    assert trail.hops[-1].status == file[1]["response"]["status"]


def test_a_page_whose_body_broke_off_keeps_its_own_answer() -> None:
    broken = {"requestId": "R2", "errorText": "net::ERR_CONTENT_LENGTH_MISMATCH"}
    first = (sent("http://a.cn/"), answered(), shown("http://a.cn/"))
    second = (sent("http://a.cn/b", "R2"), answered(404, "R2"), shown("http://a.cn/b"))

    trail = a_trail(*first, *second, ("Network.loadingFailed", broken))

    assert trail.status == 404
