from pathlib import Path

import pytest

from crawler.fetching.chromium import (
    ARGUMENTS,
    check_sandbox,
    download_folders,
    find_browser,
    start_failure,
)

LOCKED_IN = (
    "Name:\tchromium\nUid:\t65534\t65534\nNSpid:\t9865\t4\t1\n"
    "CapEff:\t0000000000000000\nSeccomp:\t2\n"
)


@pytest.mark.fault("B20")
def test_renderers_that_are_locked_in_pass() -> None:
    assert check_sandbox([LOCKED_IN, LOCKED_IN]).ok


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("Seccomp:\t2", "Seccomp:\t0"),
        ("NSpid:\t9865\t4\t1", "NSpid:\t9865"),
        ("CapEff:\t0000000000000000", "CapEff:\t000001ffffffffff"),
        ("Uid:\t65534", "Uid:\t0"),
        (LOCKED_IN, ""),
    ],
)
@pytest.mark.fault("B20")
def test_one_renderer_in_the_open_fails_the_check(was: str, now: str) -> None:
    check = check_sandbox([LOCKED_IN, LOCKED_IN.replace(was, now)])

    assert not check.ok
    assert "沙箱" in check.message


@pytest.mark.fault("B20")
def test_no_renderer_proves_nothing() -> None:
    assert not check_sandbox([]).ok


def test_webrtc_is_locked_in_both_spellings() -> None:
    policies = [one for one in ARGUMENTS if "webrtc-ip-handling-policy" in one]

    assert {one.split("=")[0] for one in policies} == {
        "--force-webrtc-ip-handling-policy",
        "--webrtc-ip-handling-policy",
    }


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_configured_browser_comes_first_then_playwrights_then_the_systems(
    tmp_path: Path,
) -> None:
    system = _program(tmp_path / "usr/chromium-headless-shell")
    own = _program(tmp_path / "pw/chromium_headless_shell-1200/chrome-linux/headless_shell")
    configured = _program(tmp_path / "mine")

    def found(setting: str) -> Path | None:
        return find_browser(setting, [tmp_path / "pw"], [str(system)])

    assert found(str(configured)) == configured
    assert found("") == own
    assert find_browser("", [tmp_path / "none"], [str(system)]) == system


def test_a_configured_browser_that_is_missing_is_not_replaced_silently(tmp_path: Path) -> None:
    system = _program(tmp_path / "chromium")

    assert find_browser("/nowhere/chromium", [], [str(system)]) is None


def test_playwrights_folder_is_the_named_one_or_lies_in_the_home() -> None:
    named = {"PLAYWRIGHT_BROWSERS_PATH": "/opt/pw", "HOME": "/home/x"}

    assert download_folders(named)[0] == Path("/opt/pw")
    assert download_folders({"HOME": "/home/x"}) == (Path("/home/x/.cache/ms-playwright"),)
    assert download_folders({}) == ()


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("... No usable sandbox! If you are running ...", "browser.sandbox"),
        ("Running as root without --no-sandbox is not supported", "root"),
        ("executable doesn't exist at /x", "chromium-headless-shell"),
        ("EACCES: permission denied, mkdtemp '/tmp/x'", "TMPDIR"),
        ("something\nelse\tbroke", "something else broke"),
    ],
)
@pytest.mark.fault("B19")
def test_a_failed_start_is_one_line_that_helps(message: str, word: str) -> None:
    line = start_failure(message)

    assert word in line
    assert "\n" not in line
