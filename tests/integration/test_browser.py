"""A real Chromium, unprivileged and in its sandbox, against pages that do their worst."""

import os
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from crawler.domain.capture import Flag, HopKind, Outcome, PageKind, Profile
from crawler.fetching.rendering import Rendered
from crawler.reading.page_kinds import page_kind_of
from tests.integration.hostile_web import HostileWeb
from tests.integration.render_worker import QUICK, Job, Orders, Worker, the_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(the_browser() is None, reason="no Chromium on this machine"),
]


def size_in_pixels(picture: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(picture)).size


@pytest.fixture(scope="module")
def web() -> Iterator[HostileWeb]:
    with HostileWeb() as web:
        yield web


@pytest.fixture(scope="module")
def worker(web: HostileWeb) -> Iterator[Worker]:
    with _worker(web) as worker:
        yield worker


def _worker(web: HostileWeb, **more: object) -> Worker:
    orders = {"hosts": web.hosts, "allow": ("127.0.0.2",), "ports": web.ports} | more
    return Worker(Orders(**orders))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _ready(worker: Worker) -> None:
    if worker.trouble:
        pytest.skip(worker.trouble)


def is_good(rendered: Rendered) -> bool:
    return rendered.outcome is Outcome.SEEN and "保本保息" in rendered.text.field("body")


def test_chinese_text_is_read_with_its_place_on_the_picture(worker: Worker) -> None:
    seen = worker.render("http://a.test/chinese", full_page=True)

    assert (seen.outcome, seen.status, seen.title) == (Outcome.SEEN, 200, "稳盈理财")
    body = next(field for field in seen.text.fields if field.name == "body")
    assert body.text.startswith(
        "保本保息 年化 18%\n限时开放，今日注册即送体验金。\n三个月\t12%\n六个月\t15%"
    )
    assert "立即投资" in body.text
    assert seen.text.field("placeholder") == "请输入手机号"
    assert seen.text.field("description") == "专业理财平台"
    box = body.runs[0].box
    assert box
    assert box.width > 200
    assert 0 <= box.y < 100
    assert size_in_pixels(seen.picture) == (1280, 800)
    assert len(seen.picture) > 8_000
    assert seen.full_picture
    assert "<h1" in seen.dom
    assert [hop.peer.split(":")[0] for hop in seen.hops] == ["127.0.0.2"]


def test_words_that_a_quiet_page_fetches_late_are_waited_for(worker: Worker) -> None:
    assert is_good(worker.render("http://a.test/slow-words"))


def test_a_login_wall_that_a_script_builds_is_known_for_one(worker: Worker) -> None:
    seen = worker.render("http://a.test/door")

    assert page_kind_of(seen.text, seen.dom, seen.status) is PageKind.LOGIN_WALL


def test_a_quiet_page_that_goes_on_late_is_followed(worker: Worker) -> None:
    seen = worker.render("http://a.test/slow-way")

    assert is_good(seen)
    assert seen.final_url == "http://a.test/chinese"


def test_a_gbk_page_is_read_as_it_was_meant(worker: Worker) -> None:
    assert is_good(worker.render("http://a.test/gbk"))


def test_a_phone_sees_with_a_phones_screen_and_name(worker: Worker, web: HostileWeb) -> None:
    seen = worker.render("http://a.test/chinese", profile=Profile.PHONE)

    assert size_in_pixels(seen.picture) == (780, 1688)
    assert "micromessenger" in web.asked[-1][2].get("user-agent", "") or any(
        "micromessenger" in fields["user-agent"] for _, _, fields in web.asked
    )


def test_a_visitor_from_a_search_engine_says_so(worker: Worker, web: HostileWeb) -> None:
    worker.render("http://a.test/words-page?search", profile=Profile.SEARCH)

    asked = [fields for _, path, fields in web.asked if path == "/words-page?search"]
    assert asked[0].get("referer") == "https://www.baidu.com/"


@pytest.mark.parametrize("profile", [Profile.DESKTOP, Profile.PHONE])
def test_a_page_that_shuts_out_automatic_browsers_takes_us_for_a_visitor(
    worker: Worker, web: HostileWeb, profile: Profile
) -> None:
    seen = worker.render("https://a.test/shy", profile=profile)

    assert is_good(seen)
    hints = [fields for _, path, fields in web.asked if path == "/shy"][-1]["sec-ch-ua"]
    assert "headless" not in hints
    assert ("google chrome" in hints) == (profile is Profile.DESKTOP)


@pytest.mark.fault("B21")
def test_words_drawn_by_scripts_shadows_and_frames_are_read(worker: Worker) -> None:
    body = worker.render("http://a.test/drawn").text.field("body")

    assert {"后来画上的字", "影子里的承诺", "框里的字"} <= set(body.split("\n"))


def test_a_drawing_served_as_a_page_is_drawn_and_read(worker: Worker) -> None:
    seen = worker.render("http://a.test/drawing")

    assert (seen.outcome, seen.content_type) == (Outcome.SEEN, "image/svg+xml")
    assert seen.text.field("body").split("\n") == ["保本保息", "年化 18%"]
    assert len(seen.picture) > 4_000


def test_hidden_words_are_kept_apart_from_what_a_person_sees(worker: Worker) -> None:
    seen = worker.render("http://a.test/hidden")

    assert seen.text.field("body") == "看得见"
    hidden = ["没有位置", "不可见", "透明", "白上白", "页面之外", "零号字"]
    assert seen.text.field("hidden").split("\n") == hidden


def test_every_way_of_moving_on_is_a_hop_of_its_kind(worker: Worker) -> None:
    seen = worker.render("http://a.test/moved")

    kinds = [hop.kind for hop in seen.hops]
    assert kinds == [HopKind.START, HopKind.REDIRECT, HopKind.META, HopKind.SCRIPT]
    assert [hop.status for hop in seen.hops] == [301, 200, 200, 200]
    assert seen.final_url == "http://a.test/words-page"
    assert seen.text.field("body") == "最后一页"


@pytest.mark.fault("B24")
@pytest.mark.fault("W33")
def test_a_broken_certificate_is_recorded_and_the_page_seen(worker: Worker) -> None:
    seen = worker.render("https://a.test/chinese")

    assert is_good(seen)
    assert Flag.TLS_INVALID in seen.flags
    assert seen.tls
    assert seen.tls.problem
    assert seen.tls.certificate_der
    assert len(seen.tls.certificate_sha256) == 64


@pytest.mark.parametrize("page", ["loop", "loop-later"], ids=["at once", "after 50 ms"])
@pytest.mark.fault("B01")
@pytest.mark.fault("B02")
def test_a_looping_page_is_halted_and_still_read(worker: Worker, page: str) -> None:
    started = time.monotonic()
    looped, good = worker.render_all(
        Job(url=f"http://a.test/{page}"), Job(url="http://b.test/chinese")
    )

    assert looped.outcome is Outcome.PARTIAL
    assert "强制停止" in looped.reason
    assert looped.text.field("body") == "先有的字"
    assert looped.picture
    assert is_good(good)
    assert time.monotonic() - started < 20


@pytest.mark.fault("B02")
def test_two_looping_pages_do_not_stop_the_worker(worker: Worker) -> None:
    urls = ("http://a.test/loop", "http://b.test/loop-later", "http://b.test/chinese")
    *looped, good = worker.render_all(*(Job(url=url) for url in urls))

    assert {one.outcome for one in looped} == {Outcome.PARTIAL}
    assert is_good(good)


@pytest.mark.fault("B03")
def test_dialogs_without_end_are_dismissed_and_stopped(worker: Worker) -> None:
    seen = worker.render("http://a.test/alerts")

    assert seen.outcome is Outcome.PARTIAL
    assert "对话框" in seen.reason
    assert seen.dialogs > 10
    assert seen.text.field("body") == "先有的字"
    assert is_good(worker.render("http://a.test/chinese"))


@pytest.mark.parametrize("page", ["leaving", "print"])
@pytest.mark.fault("B03")
@pytest.mark.fault("B26")
def test_pages_that_want_a_dialog_are_ordinary(worker: Worker, page: str) -> None:
    seen = worker.render(f"http://a.test/{page}")

    assert (seen.outcome, seen.text.field("body")) == (Outcome.SEEN, "先有的字")


@pytest.mark.fault("B04")
def test_windows_without_end_are_shut_and_counted(worker: Worker) -> None:
    seen = worker.render("http://a.test/windows")

    assert seen.windows > 10
    assert "弹出新窗口" in seen.reason
    assert seen.text.field("body") == "先有的字"
    assert is_good(worker.render("http://a.test/chinese"))


@pytest.mark.fault("B06")
def test_a_page_of_millions_of_nodes_is_given_up_in_time_and_the_reason_says_so(
    worker: Worker,
) -> None:
    started = time.monotonic()
    seen = worker.render("http://a.test/nodes")

    assert time.monotonic() - started < QUICK.total_s
    assert seen.outcome is Outcome.BROWSER_FAILED
    # a quick machine builds them up to the memory that a page may have
    assert seen.reason.endswith(("仍无法读取", "占用内存超过上限，已终止"))
    assert (seen.text.fields, seen.dom, seen.picture) == ((), "", b"")
    assert is_good(worker.render("http://a.test/chinese"))


@pytest.mark.fault("B07")
def test_a_page_without_end_is_clipped(worker: Worker) -> None:
    seen = worker.render("http://a.test/tall", full_page=True)

    assert seen.outcome is Outcome.SEEN
    assert Flag.CLIPPED in seen.flags
    assert seen.full_picture
    assert size_in_pixels(seen.full_picture) == (2_560, 16_384)


@pytest.mark.parametrize("page", ["spin", "push"])
@pytest.mark.fault("B08")
def test_navigation_without_end_is_stopped_and_said(worker: Worker, page: str) -> None:
    seen = worker.render(f"http://a.test/{page}")

    assert Flag.NAVIGATION_LOOP in seen.flags
    assert seen.outcome is Outcome.PARTIAL
    assert seen.text.field("body") == "先有的字"
    assert is_good(worker.render("http://a.test/chinese"))


@pytest.mark.fault("B09")
def test_an_image_that_never_ends_costs_only_time(worker: Worker) -> None:
    seen = worker.render("http://a.test/waits")

    assert (seen.outcome, seen.flags) == (Outcome.SEEN, (Flag.TIME_LIMIT,))
    assert seen.text.field("body") == "字已到"


def test_a_document_that_never_ends_is_read_as_far_as_it_came(worker: Worker) -> None:
    seen = worker.render("http://a.test/endless")

    assert (seen.outcome, seen.text.field("body")) == (Outcome.PARTIAL, "只有开头")


@pytest.mark.parametrize(
    ("page", "outcome", "words"),
    [
        ("short", Outcome.PARTIAL, "保本保息"),
        ("bad-chunk", Outcome.PARTIAL, "保本保息"),
        ("bad-chunk-first", Outcome.BAD_RESPONSE, ""),
    ],
)
@pytest.mark.fault("W13")
@pytest.mark.fault("W14")
def test_a_document_that_breaks_off_is_read_at_once_as_a_part(
    worker: Worker, page: str, outcome: Outcome, words: str
) -> None:
    started = time.monotonic()
    patient = replace(QUICK, load_s=10.0)
    seen = worker.render(f"http://a.test/{page}", limits=patient)

    assert time.monotonic() - started < patient.load_s  # nothing more will come
    assert (seen.outcome, Flag.DATA_LOSS in seen.flags) == (outcome, True)
    assert words in seen.text.field("body")
    assert bool(seen.picture) is bool(words)


@pytest.mark.parametrize(
    ("page", "outcome"),
    [
        ("204", Outcome.EMPTY),
        ("401", Outcome.HTTP_ERROR),
        ("500", Outcome.HTTP_ERROR),
        ("file", Outcome.DOWNLOAD),
        ("pdf", Outcome.DOWNLOAD),
        ("nothing", Outcome.EMPTY),
        ("around", Outcome.REDIRECT_LIMIT),
    ],
)
@pytest.mark.fault("B10")
def test_what_is_no_page_is_called_by_its_name(worker: Worker, page: str, outcome: Outcome) -> None:
    assert worker.render(f"http://a.test/{page}").outcome is outcome


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://dead.test/", Outcome.CONNECTION_REFUSED),
        ("https://dead.test/", Outcome.CONNECTION_REFUSED),
        ("http://nowhere.test/", Outcome.NAME_NOT_FOUND),
        ("http://inner.test/", Outcome.BLOCKED_ADDRESS),
        ("https://127.0.0.1/", Outcome.BLOCKED_ADDRESS),
        ("http://2130706433/", Outcome.BLOCKED_ADDRESS),
        ("http://a.test:22/", Outcome.BLOCKED_ADDRESS),
        ("file:///etc/passwd", Outcome.BAD_RESPONSE),
        ("chrome://version", Outcome.BAD_RESPONSE),
    ],
)
@pytest.mark.fault("B25")
@pytest.mark.fault("B16")
def test_the_browsers_own_error_page_is_never_taken_for_the_site(
    worker: Worker, url: str, outcome: Outcome
) -> None:
    seen = worker.render(url)

    assert seen.outcome is outcome
    assert seen.reason
    assert (seen.text.fields, seen.dom, seen.picture) == ((), "", b"")


@pytest.mark.parametrize("page", ["inward", "302", "meta-in"])
@pytest.mark.fault("B11")
def test_a_page_that_leads_inward_is_refused(worker: Worker, web: HostileWeb, page: str) -> None:
    seen = worker.render(f"http://a.test/{page}")

    assert seen.outcome is Outcome.BLOCKED_ADDRESS
    assert seen.refused[0].host == "127.0.0.1"
    assert len(seen.hops) == 2
    assert web.sentinel.seen == []


@pytest.mark.parametrize("page", ["then-inward", "then-dead"])
@pytest.mark.fault("B11")
def test_a_page_that_leaves_for_nothing_is_seen_as_it_stood(
    worker: Worker, web: HostileWeb, page: str
) -> None:
    seen = worker.render(f"http://a.test/{page}")

    assert is_good(seen), seen.reason
    assert seen.picture
    assert len(seen.hops) == 2  # where it would have gone is told
    assert web.sentinel.seen == []


@pytest.mark.fault("B11")
@pytest.mark.fault("B12")
@pytest.mark.fault("B13")
def test_nothing_that_a_page_tries_reaches_an_inner_address(
    worker: Worker, web: HostileWeb
) -> None:
    seen = worker.render("http://a.test/everything")

    assert "四面出击" in seen.text.field("body")
    assert {one.host for one in seen.refused} >= {"127.0.0.1", "localhost", "::1"}
    assert len(seen.refused) >= 8
    assert web.sentinel.seen == []


def test_the_same_page_is_heard_once_the_policy_is_opened(web: HostileWeb) -> None:
    everywhere = {"allow": ("127.0.0.0/8",), "ports": tuple(range(1, 65_536))}
    with _worker(web, **everywhere) as worker:
        worker.render("http://a.test/everything")
        heard, web.sentinel.seen[:] = list(web.sentinel.seen), []

        assert "tcp 127.0.0.1" in heard
        assert not [one for one in heard if one.startswith("udp")]
        assert not worker.check_guard().ok


@pytest.mark.parametrize("page", ["takes-a-file", "goes-nowhere"])
def test_a_page_that_stays_when_it_starts_a_download_is_the_page(worker: Worker, page: str) -> None:
    seen = worker.render(f"http://a.test/{page}")

    assert (seen.outcome, seen.status, seen.content_type) == (Outcome.SEEN, 200, "text/html")
    assert seen.text.field("body") == "先有的字"
    assert len(seen.hops) == 2


@pytest.mark.fault("B14")
def test_no_service_worker_is_ever_registered(worker: Worker, web: HostileWeb) -> None:
    worker.render("https://a.test/worker")

    assert not [path for _, path, _ in web.asked if path == "/sw.js"]


@pytest.mark.fault("B15")
def test_nothing_is_remembered_from_one_visit_to_the_next(worker: Worker) -> None:
    first, second = (worker.render("http://a.test/remember") for _ in range(2))

    assert "初次见面" in first.text.field("body")
    assert "初次见面" in second.text.field("body")


@pytest.mark.fault("B16")
def test_local_files_are_not_shown_in_frames(worker: Worker) -> None:
    seen = worker.render("http://a.test/local")

    assert seen.text.field("body") == "本地"
    assert "root:" not in seen.dom


@pytest.mark.parametrize("kind", ["renderer", "browser", "gpu-process"])
@pytest.mark.fault("B17")
def test_a_killed_process_costs_at_most_one_more_try(worker: Worker, kind: str) -> None:
    seen = worker.render("http://a.test/waits", kill=kind)

    assert seen.text.field("body") == "字已到"
    assert is_good(worker.render("http://a.test/chinese"))


@pytest.mark.fault("B20")
def test_the_worker_proves_its_sandbox_and_its_way_out_before_it_serves(worker: Worker) -> None:
    check = worker.check_guard()

    assert worker.trouble == ""  # it would have refused to start without its sandbox
    assert check.ok, check.message


def test_chinese_is_drawn_as_characters(worker: Worker) -> None:
    check = worker.check_fonts()

    assert check.ok, check.message


@pytest.mark.fault("B05")
def test_a_page_that_eats_memory_is_killed_and_named(web: HostileWeb) -> None:
    with _worker(web, memory_bytes=900 * 1024**2) as worker:
        seen = worker.render("http://a.test/memory")
        after = worker.render("http://a.test/chinese")

        assert (seen.outcome, "内存" in seen.reason) == (Outcome.BROWSER_FAILED, True)
        assert is_good(after)


def test_a_body_without_end_is_cut_off(web: HostileWeb) -> None:
    with _worker(web, received_bytes=2 * 1024**2) as worker:
        seen = worker.render("http://a.test/flood")

        assert seen.outcome is Outcome.PARTIAL
        assert seen.received_bytes < 4 * 1024**2


@pytest.mark.fault("B18")
def test_a_killed_worker_leaves_no_browser_behind(web: HostileWeb) -> None:
    with _worker(web) as worker:
        worker.start(Job(url="http://a.test/loop"), Job(url="http://a.test/waits"))
        tree = _with_renderers(worker)

        worker.kill()

        assert _gone_within(tree, 15)
    assert not worker.identity.home.exists()


def _with_renderers(worker: Worker) -> tuple[int, ...]:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        tree = worker.processes()
        if len(tree) > 8:
            return tree
        time.sleep(0.05)
    raise AssertionError("the browser never came up")


def _gone_within(pids: tuple[int, ...], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.fault("B19")
def test_a_missing_browser_is_one_clear_sentence(web: HostileWeb) -> None:
    with _worker(web, executable="/nowhere/chromium") as worker:
        assert worker.trouble.startswith(("没有找到浏览器", "浏览器无法启动"))
        assert "\n" not in worker.trouble


def test_a_browser_is_renewed_after_its_pages(web: HostileWeb) -> None:
    with _worker(web, pages=3) as worker:
        for _ in range(4):
            assert is_good(worker.render("http://a.test/chinese", limits=QUICK))

        assert worker.facts()["launches"] == 2


HOSTILE = ("loop", "alerts", "windows", "spin", "tall", "memory", "everything", "flood", "file")


@pytest.mark.soak
@pytest.mark.fault("B23")
def test_five_hundred_pages_a_tenth_of_them_hostile_leave_nothing_behind(web: HostileWeb) -> None:
    """Counted at rest, the first time when the browser was renewed twice already."""
    chance = random.Random(23)
    with _worker(web, memory_bytes=900 * 1024**2) as worker:
        level = {}
        for number in range(500):
            hostile = number % 10 == 9
            page = chance.choice(HOSTILE) if hostile else "chinese"
            seen = worker.render(f"http://a.test/{page}")
            assert hostile or is_good(seen), seen.reason
            if number in (110, 490):
                level[number] = standing(worker)
    before, after = level.values()

    assert {key: after[key] <= 1.1 * before[key] for key in before} == dict.fromkeys(before, True)


def standing(worker: Worker) -> dict[str, int]:
    """What the worker and its browser hold, at rest."""
    time.sleep(3)  # what was closed is gone by then
    facts = worker.facts()
    counted = {name: facts[name] for name in ("descriptors", "processes", "tasks", "temporary")}
    return counted | {"own_bytes": rss_of(worker.processes()[:1])}


def rss_of(pids: Iterable[int]) -> int:
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")
