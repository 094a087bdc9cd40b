"""The console in a real browser: by keyboard alone, for everybody, nothing from outside."""

import base64
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, Route, sync_playwright
from sqlalchemy import update

from crawler.domain.assessment import Level
from crawler.domain.one_time import code_of, step_of
from crawler.domain.user import Role
from crawler.service.console.app import all_routes
from crawler.store.tables import alerts
from tests.builders import NOON
from tests.integration.console_house import PASSWORD, Clock, Served, console
from tests.integration.console_seeds import Seeded, seed_alert, seed_task
from tests.integration.provider_house import provider, settings_for

CHROMIUM = "/usr/bin/chromium-headless-shell"
AXE = Path("tests/vendor/axe-core-4.14.1.min.js")
WIDTHS = (1280, 390)
MOST_KEYS = 4
HIDDEN = """() => {
    const edge = document.querySelector(".top nav").getBoundingClientRect().right;
    const here = [...document.querySelectorAll(".top nav [aria-current]")]
        .filter((one) => one.getBoundingClientRect().right > edge + 1);
    const wide = [...document.querySelectorAll(".scroll")]
        .filter((one) => one.querySelector(".many") && one.scrollWidth > one.clientWidth);
    return [...here, ...wide].map((one) => one.textContent.slice(0, 80));
}"""
FIRST_SCREEN = 250 * 1024

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # only pages of ours, on loopback
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Fourteen cases, one of them a family of three; a task that waits for a supervisor."""
    with console(tmp_path_factory.mktemp("browser") / "home", Clock()) as served:
        levels = (Level.RED, Level.ORANGE, Level.YELLOW)
        made = [
            seed_alert(served.house, f"s{n}.example.cn", level=levels[n % 3], unit=f"云湖{n}号公司")
            for n in range(14)
        ]
        family(served, made[:3])
        seed_task(served.house, "t.example.cn")
        served.account("shenlan", Role.OFFICER)
        served.account("zhouning", Role.SUPERVISOR)
        served.account("all", Role.OFFICER, Role.SUPERVISOR, Role.OPS)
        served.account("guanli", Role.ADMIN)
        served.account("heshen", Role.AUDITOR)
        yield served


def family(house: Served, members: list[Seeded]) -> None:
    """As a template family is: several sites, one case."""
    with house.house.database.transaction() as db:
        for one in members:
            db.execute(
                update(alerts).where(alerts.c.id == one.alert_id).values(case_id=members[0].case_id)
            )


class Desk:
    """Somebody before a screen, who has a keyboard and nothing else."""

    def __init__(self, page: Page, port: int) -> None:
        self.page, self.port, self.pressed = page, port, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def decide(self, *keys: str) -> int:
        """Press, and wait until the page is another one. How many keys it took."""
        before = self.page.locator("#now h2").inner_text()
        for key in keys:
            self.press(key)
        self.page.wait_for_function(
            "before => { const now = document.querySelector('#now h2');"
            " return document.querySelector('#told .note') && (!now || now.innerText !== before) }",
            arg=before,
        )
        return len(keys)

    def open(self, path: str) -> Response:
        answer = self.page.goto(f"http://127.0.0.1:{self.port}{path}")
        assert answer is not None
        return answer

    def sign_in(self, name: str) -> "Desk":
        self.knock(name)
        self.page.wait_for_url(lambda url: "sign-in" not in url)
        return self

    def knock(self, name: str) -> None:
        """Name and password, whatever comes after."""
        self.open("/sign-in")
        self.page.wait_for_function("document.activeElement.name === 'name'")
        self.page.keyboard.type(name)
        self.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.press("Enter")


@contextmanager
def desk(
    browser: Browser, house: Served, name: str, width: int = 1280, *, dark: bool = False
) -> Iterator[Desk]:
    scheme = "dark" if dark else "light"
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    try:
        yield Desk(context.new_page(), house.port).sign_in(name)
    finally:
        context.close()


def paths(house: Served) -> list[str]:
    """Every page there is, with the first alert and task for the blanks."""
    found = []
    for route in all_routes():
        path = route.path.replace("/alerts/{id}", "/alerts/4").replace("/tasks/{id}", "/tasks/1")
        part = path.endswith(("/file", "/export", "/progress"))  # a download, or no page by itself
        whole = "{" not in path and not part
        if route.method == "GET" and whole and path not in ("/", "/sign-in"):
            found.append(path)
    return found


def test_axe_finds_nothing_on_any_page(browser: Browser, house: Served) -> None:
    axe = AXE.read_text("utf-8")
    wrong: list[str] = []
    looked = 0
    seen: set[tuple[str, int]] = set()
    for name, width, dark in (("all", 1280, False), ("all", 390, True), ("guanli", 1280, False)):
        with desk(browser, house, name, width, dark=dark) as at:
            for path in paths(house):
                if (path, width) in seen:
                    continue
                answer = at.open(path)
                if answer.status != 200 or "html" not in answer.headers.get("content-type", ""):
                    continue
                at.page.evaluate(axe)
                found = at.page.evaluate("axe.run({resultTypes: ['violations']})")
                looked += 1
                seen.add((path, width))
                wrong += [
                    f"{path} {width}: {one['id']} {one['nodes'][0]['html'][:120]}"
                    for one in found["violations"]
                ]
    assert looked >= 15
    assert wrong == []


def test_nothing_is_wider_than_the_screen(browser: Browser, house: Served) -> None:
    turned = "\u202e" + "财富" * 60
    seed_alert(
        house.house,
        "x" * 60 + "." + "y" * 60 + ".example.cn",
        unit="长" * 400,
        title="题" * 5_000 + "<script>alert(1)</script>",
        body=turned + "\n" + "保" * 900,
        sentence="疑似" + "很" * 900,
    )
    for width in WIDTHS:
        with desk(browser, house, "all", width) as at:
            for path in (*paths(house), "/alerts/15"):
                at.open(path)
                wide = at.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{path} at {width}"
                hidden = at.page.evaluate(HIDDEN) if width < 600 else []
                assert hidden == [], path


def test_a_list_with_bad_rows_is_previewed_and_imported_by_keyboard(
    browser: Browser, house: Served, tmp_path: Path
) -> None:
    house.account("yunwei", Role.OPS, region="310000")
    axe, file = AXE.read_text("utf-8"), tmp_path / "备案导出.csv"
    lines = [f"云湖{n}号公司,沪ICP备{n:08d}号-1,l{n}.example.cn" for n in range(1, 4)]
    lines += ["坏的公司,沪ICP备00000009号-1," + "x" * 90, "坏的公司,,127.0.0.1"]
    file.write_text("\n".join(["主办单位名称,网站备案号,网站域名", *lines]), "utf-8")
    wrong: list[str] = []

    def look(at: Desk) -> str:
        at.page.evaluate(axe)
        found = at.page.evaluate("axe.run({resultTypes: ['violations']})")
        wrong.extend(f"{one['id']} {one['nodes'][0]['html'][:120]}" for one in found["violations"])
        assert at.page.evaluate("document.documentElement.scrollWidth") <= width
        return at.page.inner_text("main")

    for width, dark in ((1280, False), (390, True)):
        with desk(browser, house, "yunwei", width, dark=dark) as at:
            at.open("/lists")
            at.page.set_input_files("[name=file]", file)  # a file dialogue has no keys of ours
            at.page.locator("[name=source]").focus()
            at.press("Enter")
            at.page.wait_for_url("**/lists/preview")
            assert "5 行 = 采用 3 + 合并 0 + 拒绝 2" in look(at)

            at.page.locator("button", has_text="导入这一份").focus()
            at.press("Enter")
            at.page.wait_for_url(lambda url: url.rpartition("/")[2].isdigit())
            assert "127.0.0.1" in look(at)
            assert "已导入" in at.page.inner_text("#told")
    assert wrong == []


@pytest.mark.fault("C32")
def test_no_page_asks_anybody_else_and_the_first_screen_is_small(
    browser: Browser, house: Served
) -> None:
    with desk(browser, house, "all") as at:
        asked: list[str] = []
        sizes: list[int] = []
        at.page.on("request", lambda one: asked.append(one.url))
        at.page.on("response", lambda one: sizes.append(_size(one)))
        at.open("/today")
        at.page.wait_for_load_state("load")
        small = sum(sizes)
        for path in paths(house):
            at.open(path)

    ours = f"http://127.0.0.1:{house.port}/"
    assert [one for one in asked if not one.startswith((ours, "data:", "blob:"))] == []
    assert small < FIRST_SCREEN, f"{small} bytes"


def _size(response: Response) -> int:
    return int(response.headers.get("content-length", 0))


def test_an_officer_decides_with_few_keys_and_the_task_is_closed_by_keyboard(
    browser: Browser, house: Served
) -> None:
    keys: list[int] = []
    with desk(browser, house, "shenlan") as at:
        assert "/today" in at.page.url
        keys.append(at.decide("Shift+C"))  # the family
        for place in range(9):
            keys.append(at.decide("c") if place % 3 else at.decide("d", str(place % 2 + 1)))
    assert statistics.median(keys) <= MOST_KEYS
    assert max(keys) <= MOST_KEYS

    with desk(browser, house, "zhouning") as at:
        _task_moves(at, "审核通过并派发")
    with desk(browser, house, "shenlan") as at:
        at.open("/tasks/1")
        _task_moves(at, "代记签收")
        _task_moves(at, "代记反馈", remark="网站已关停", concludes=True)
        _task_moves(at, "开始复核")
        _task_moves(at, "办结")
        assert "已办结" in at.page.inner_text("main")
        assert "属实-整改" in at.page.inner_text("main")


def _task_moves(at: Desk, named: str, remark: str = "", *, concludes: bool = False) -> None:
    """Tab to the form of a move, fill it in, press its button: keys only."""
    if "/tasks/1" not in at.page.url:
        at.open("/tasks/1")
    form = at.page.locator("#do form").filter(has=at.page.get_by_role("button", name=named))
    form.locator("select, textarea, button").first.focus()
    if concludes:
        at.press("ArrowDown", "Tab")  # 属实-整改
    if remark:
        at.page.keyboard.type(remark)
        at.press("Tab")
    while not at.page.evaluate("document.activeElement.matches('button')"):
        at.press("Tab")
    at.press("Enter")
    at.page.wait_for_function(
        "named => document.querySelector('#told').innerText.includes(named)", arg=named
    )


def test_the_second_officer_is_told_who_was_quicker(browser: Browser, house: Served) -> None:
    seeded = seed_alert(house.house, "twice.example.cn", unit="两个人都在看公司")
    path = f"/alerts/{seeded.alert_id}"
    with (
        desk(browser, house, "shenlan") as first,
        desk(browser, house, "zhouning") as second,
    ):
        first.open(path)
        second.open(path)
        first.press("d", "1")
        first.page.wait_for_selector("#told .note")
        second.press("c")
        second.page.wait_for_selector("#told .note.bad")

        told = second.page.inner_text("#told")
    assert "shenlan 已先处理了这一条" in told
    assert "你的选择没有记录" in told


def test_the_tab_key_reaches_everything_and_focus_is_always_seen(
    browser: Browser, house: Served
) -> None:
    seeded = seed_alert(house.house, "tab.example.cn", unit="走一遍公司")
    with desk(browser, house, "all") as at:
        at.open(f"/alerts/{seeded.alert_id}")
        seen: list[str] = []
        for _ in range(60):
            at.press("Tab")
            seen.append(at.page.evaluate(_FOCUS))
    assert [one for one in seen if one.startswith("hidden")] == []
    assert len({one for one in seen if one}) >= 20


_FOCUS = """() => {
  const on = document.activeElement;
  if (!on || on === document.body) return "";
  const box = on.getBoundingClientRect();
  const bar = document.querySelector(".decide");
  const under = bar && !bar.contains(on) && box.top >= bar.getBoundingClientRect().top;
  const said = on.tagName + " " + (on.getAttribute("href") || on.name || on.textContent || "");
  return (box.width < 1 && !on.closest(".hide") || under ? "hidden " : "") + said.slice(0, 60);
}"""


def test_the_language_is_a_choice_of_each_person(browser: Browser, house: Served) -> None:
    with desk(browser, house, "shenlan") as at:
        at.open("/tasks")
        at.page.locator(".self summary").focus()
        at.press("Enter")
        at.page.get_by_role("button", name="English").focus()
        at.press("Enter")
        at.page.wait_for_function("document.documentElement.lang === 'en'")

        assert at.page.inner_text("h1") == "Tasks"
        assert "/tasks" in at.page.url


def test_paper_has_the_case_and_none_of_the_buttons(browser: Browser, house: Served) -> None:
    with desk(browser, house, "all") as at:
        at.open("/alerts/4")
        at.page.emulate_media(media="print")
        shown = at.page.evaluate(
            "[...document.querySelectorAll('.btn, .top, .decide, kbd')]"
            ".filter(one => one.getClientRects().length).length"
        )
        text = at.page.inner_text("main")
    assert shown == 0
    assert "为什么是" in text


def test_a_second_factor_is_set_up_and_asked_for_by_keyboard(
    browser: Browser, house: Served
) -> None:
    house.account("liangbu", Role.OFFICER)
    with desk(browser, house, "liangbu", 390) as at:
        at.open("/me/factor")
        secret = secret_written(at.page.locator("code").inner_text())
        at.page.locator("[name=code]").focus()
        at.page.keyboard.type(code_of(secret, step_of(NOON)))
        at.press("Tab")
        at.page.keyboard.type(PASSWORD)
        at.press("Enter")
        at.page.wait_for_selector(".codes")
        recovery = at.page.locator(".codes code").first.inner_text()
        at.page.context.clear_cookies()

        at.knock("liangbu")
        at.page.wait_for_selector("[name=code]:focus")  # the page's policy lets no function wait
        at.page.keyboard.type(recovery)
        at.press("Enter")
        at.page.wait_for_url(lambda url: "sign-in" not in url)

        assert at.open("/today").status == 200


def test_who_was_at_the_provider_comes_back_signed_in(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clock = Clock()
    # another site than 127.0.0.1: a strict cookie does not come along from there by itself
    with provider(clock, host="localhost") as there:
        home = tmp_path_factory.mktemp("provider") / "home"
        with console(home, clock, settings_for(there)) as house:
            house.account("shenlan", Role.OFFICER)
            there.console = f"http://127.0.0.1:{house.port}"
            context = browser.new_context(viewport={"width": 390, "height": 844})
            page = context.new_page()
            page.goto(f"{there.console}/sign-in?next=/help")
            page.evaluate(AXE.read_text("utf-8"))
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            assert found["violations"] == []
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{there.issuer}/authorize*")

            page.click("a")

            page.wait_for_url("**/help")
            kept = {one["name"]: one["sameSite"] for one in context.cookies()}
            assert kept == {"xunwang": "Strict"}
            context.close()


def test_words_typed_outlive_the_page_and_not_the_signing_out(
    browser: Browser, house: Served
) -> None:
    kept = "() => Object.values(sessionStorage).join()"
    with desk(browser, house, "all") as at:
        at.open("/alerts?sort=level")
        at.page.locator("[data-main]").first.click()
        form = at.page.locator("form[data-keep]").first
        form.locator("[name=reason]").evaluate(
            "(box) => { box.value = '刚写的话';"
            " box.dispatchEvent(new Event('input', { bubbles: true })) }"
        )
        before = at.page.evaluate(kept)
        at.page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
        at.page.wait_for_url("**/sign-in")

        assert "刚写的话" in before
        assert at.page.evaluate(kept) == ""


def test_a_list_that_takes_long_says_so_while_it_does(browser: Browser, house: Served) -> None:
    house.account("city", Role.OPS, region="310000")
    with desk(browser, house, "city") as at:
        at.open("/lists")
        at.page.locator("[name=file]").set_input_files(
            {"name": "l.csv", "mimeType": "text/csv", "buffer": "网站域名\na.example.cn".encode()}
        )
        at.page.locator("[name=source]").fill("局")
        asked = []

        def leave_unanswered(route: Route) -> None:
            asked.append(route)

        at.page.route("**/lists", leave_unanswered)
        part = '<span data-live="/lists/progress">已读 7 行<progress value="7"></progress></span>'
        at.page.route("**/lists/progress", lambda route: route.fulfill(body=part))

        at.page.locator("form[action='/lists'] button").click()

        said = at.page.locator("form[action='/lists'] [role=status]")
        assert "请留在这一页" in said.inner_text()
        at.page.locator(".passing", has_text="已读 7 行").wait_for()
        assert at.page.locator(".passing progress").count() == 1
        at.page.locator("form[action='/lists'] button").click()
        assert said.count() == 1
        assert len(asked) == 1  # it is sent once


def test_a_refused_form_stays_as_it_was_filled_in(browser: Browser, house: Served) -> None:
    house.account("stadt", Role.OPS, region="310000")
    with desk(browser, house, "stadt") as at:
        at.open("/lists")
        at.page.locator("[name=file]").set_input_files(
            {"name": "l.csv", "mimeType": "text/csv", "buffer": "网站域名\na.example.cn".encode()}
        )
        at.page.locator("[name=source]").fill(" ")
        send = at.page.locator("form[action='/lists'] button")
        for _ in range(2):
            send.click()
            told = at.page.locator("form[action='/lists'] [role=alert]")
            told.wait_for()
            assert told.all_inner_texts() == ["来源须为 1 至 100 个字"]
            assert at.page.locator(".passing").count() == 0

        at.page.locator("[name=source]").fill("局")
        send.click()

        at.page.wait_for_url("**/lists/preview")  # with the file that was chosen at first
        assert "1 行 = 采用 1" in at.page.inner_text("main")


def test_words_of_a_refused_form_are_kept_until_they_have_arrived(
    browser: Browser, house: Served
) -> None:
    task = seed_task(house.house, "kept.example.cn")
    with desk(browser, house, "zhouning") as at:
        at.open(f"/tasks/{task.id}")
        form = at.page.locator("form[data-keep$='-return'], form[data-keep$='-cancel']").first
        box = form.locator("textarea")
        box.fill("刚写的话")
        at.page.route("**/move", lambda route: route.fulfill(
            status=409, content_type="text/html", body="<h1 data-refused>这一步做不了</h1>"
        ))  # fmt: skip
        form.locator("button").click()
        form.get_by_text("这一步做不了").wait_for()
        assert box.input_value() == "刚写的话"

        at.page.reload()
        assert box.input_value() == "刚写的话"
        at.page.unroute("**/move")
        form.locator("button").click()

        at.page.locator("#told .note").wait_for()
        assert at.page.evaluate("() => Object.keys(sessionStorage)") == []


def test_a_page_of_what_stands_in_front_takes_nothing_that_was_typed(
    browser: Browser, house: Served
) -> None:
    task = seed_task(house.house, "gateway.example.cn")
    with desk(browser, house, "zhouning") as at:
        at.open(f"/tasks/{task.id}")
        form = at.page.locator("form[data-keep$='-return'], form[data-keep$='-cancel']").first
        box = form.locator("textarea")
        box.fill("刚写的话")
        gateway = "<html><body><h1>502 Bad Gateway</h1></body></html>"
        at.page.route("**/move", lambda route: route.fulfill(
            status=502, content_type="text/html", body=gateway
        ))  # fmt: skip
        form.locator("button").click()
        at.page.locator(".refused").wait_for()

        assert "Bad Gateway" not in at.page.inner_text("body")
        at.page.reload()
        assert box.input_value() == "刚写的话"


def posts_of(at: Desk) -> list[str]:
    """Where this page posts to, from now on."""
    sent: list[str] = []
    at.page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    return sent


def test_a_key_that_is_held_decides_once(browser: Browser, house: Served) -> None:
    for number in range(4):
        seed_alert(house.house, f"held{number}.example.cn")
    with desk(browser, house, "shenlan") as at:
        at.open("/today")
        sent = posts_of(at)
        for _ in range(30):
            at.page.keyboard.down("w")
            at.page.wait_for_timeout(60)
        at.page.keyboard.up("w")

        assert len(sent) == 1
        at.press("w")  # pressed anew
        at.page.wait_for_timeout(500)
        assert len(sent) == 2


def test_a_button_that_is_pressed_twice_is_sent_once(browser: Browser, house: Served) -> None:
    alert = seed_alert(house.house, "pressed.example.cn")
    with desk(browser, house, "shenlan") as at:
        at.open(f"/alerts/{alert.alert_id}")
        sent = posts_of(at)
        at.page.locator("[data-key=w]").first.dblclick()
        at.page.locator("#told .note").wait_for()

        assert len(sent) == 1
        assert "已经记录过" not in at.page.inner_text("#told")


def test_two_files_of_one_form_come_one_after_the_other(browser: Browser, house: Served) -> None:
    with desk(browser, house, "zhouning") as at:
        at.open("/statistics")
        buttons = at.page.locator("form[action='/statistics/file'] button")
        for number in range(2):
            with at.page.expect_download():
                buttons.nth(number).click()


def secret_written(shown: str) -> bytes:
    return base64.b32decode(shown.replace(" ", ""))
