"""An officer proposes a word by keyboard, sees what it would change, and cannot publish it; a
supervisor looks, publishes, and the bench says what the officer was told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from crawler.domain.user import Role
from crawler.service.lexicon_life import publish_draft
from tests.builders import NOON
from tests.integration.console_house import PASSWORD, Served, console
from tests.integration.lexicon_house import LOUD, NEW_WORD, PLAIN, a_draft, seed

CHROMIUM = "/usr/bin/chromium-headless-shell"
WIDTHS = (1280, 390)
HALF = f"{NEW_WORD}，月月拿分红，诚邀您加入，立即注册，扫码咨询客服。"  # a lone word is blue

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # only pages of ours, on loopback
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Served]:
    with console(tmp_path / "home") as served:
        served.account("shen", Role.OFFICER)
        served.account("zhou", Role.SUPERVISOR)
        base = a_draft(tmp_path / "base", words="")
        publish_draft(served.house, base, "ops", "起步", "zhou", NOON)
        seed(served.house, "quiet.example.cn", HALF)
        seed(served.house, "loud.example.cn", LOUD)
        seed(served.house, "plain.example.cn", PLAIN)
        yield served


@contextmanager
def at_the_desk(browser: Browser, house: Served, name: str, width: int) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    try:
        page.goto(f"http://127.0.0.1:{house.port}/sign-in?next=/words")
        page.wait_for_selector("[name=name]:focus")
        page.keyboard.type(name)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#amendments")
        yield page
    finally:
        context.close()


def go_to(page: Page, name: str, *, most: int = 40) -> None:
    """Tab until a field of this name has the focus."""
    for _ in range(most):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by keyboard")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_word_is_published_and_what_it_changes_is_seen_before(
    browser: Browser, house: Served, width: int
) -> None:
    with at_the_desk(browser, house, "shen", width) as page:
        page.keyboard.press("e")
        page.wait_for_selector("[name=word]:focus")
        page.keyboard.type(NEW_WORD)
        go_to(page, "category")
        page.keyboard.press("Home")
        while page.evaluate("document.activeElement.value") != "yield_promise":
            page.keyboard.press("ArrowDown")
        go_to(page, "weight")
        page.keyboard.press("Control+a")
        page.keyboard.type("5")
        go_to(page, "why")
        page.keyboard.type("养老类新话术")
        page.keyboard.press("Enter")
        page.wait_for_selector("#outlook:not([data-live])")
        told = page.locator("#outlook").inner_text()
        assert "新增预警 1 个" in told
        assert "专员多看 3 分钟" in told
        assert "quiet.example.cn" in told
        page.keyboard.press("p")  # nothing answers to it
        assert "你提出的，须另一位主管同意后发布" in page.locator("main").inner_text()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width

    with at_the_desk(browser, house, "zhou", width) as page:
        page.locator("a", has_text="修订 1").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#outlook:not([data-live])")
        assert "专员多看 3 分钟" in page.locator("#outlook").inner_text()
        page.keyboard.press("p")
        page.wait_for_selector("text=启用第 2 版")
        page.locator("textarea[name=text]").focus()
        page.keyboard.type(HALF)
        go_to(page, "page")
        page.keyboard.press("Enter")
        page.wait_for_selector("#bench [role=status]")
        assert NEW_WORD in page.locator("#bench [role=status]").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
