"""Which Chromium is there, how it is started, and the proof that its sandbox is on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_WEBRTC = "webrtc-ip-handling-policy=disable_non_proxied_udp"
ARGUMENTS = (
    f"--force-{_WEBRTC}",  # the headless shell knows only this spelling,
    f"--{_WEBRTC}",  # full Chromium only this one; the wrong one is ignored silently
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-quic",
    "--disable-3d-apis",  # a shader of one page can block the next one's picture
)
UNMARKED = "--disable-blink-features=AutomationControlled"  # or navigator.webdriver tells of us
_OPEN_TO_ALL = ("--no-sandbox", "--disable-seccomp-filter-sandbox", "--disable-web-security")
UNWANTED_DEFAULTS = ("--disable-ipc-flooding-protection", "--enable-unsafe-swiftshader")
NOWHERE = "http://127.0.0.1:1"  # the proxy of whatever belongs to no capture

FORBIDDEN_APIS_SCRIPT = """
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport"]) {
  try { delete globalThis[name]; } catch { }
}
"""

_OWN_BUILDS = (
    "chromium_headless_shell-*/chrome-*/headless_shell",
    "chromium_headless_shell-*/chrome-*/chrome-headless-shell",
    "chromium-*/chrome-*/chrome",
)
_SYSTEM_BUILDS = (
    "/usr/lib/chromium/chromium-headless-shell",  # the one in /usr/bin is a script without exec
    "/usr/lib64/chromium-browser/headless_shell",
    "/usr/lib/chromium/chromium",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/opt/google/chrome/chrome",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SandboxCheck:
    """Whether the renderers are locked in; the message is for the operator."""

    ok: bool
    message: str = ""


def find_browser(
    configured: str, downloads: Iterable[Path], system: Iterable[str] = _SYSTEM_BUILDS
) -> Path | None:
    """The configured program, else Playwright's own, else the system's; None if there is none."""
    if configured:
        return Path(configured) if Path(configured).is_file() else None
    own = (
        found
        for folder in downloads
        for pattern in _OWN_BUILDS
        for found in sorted(folder.glob(pattern), reverse=True)
    )
    candidates = (*own, *(Path(path) for path in system))
    return next((path for path in candidates if path.is_file()), None)


def download_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where Playwright keeps the browsers it downloaded."""
    named = environment.get("PLAYWRIGHT_BROWSERS_PATH", "")
    home = environment.get("HOME", "")
    folders = [Path(named)] if named and named != "0" else []
    return (*folders, Path(home) / ".cache/ms-playwright") if home else tuple(folders)


def check_sandbox(renderers: Sequence[str]) -> SandboxCheck:
    """Judge the /proc/<pid>/status texts of all renderers: filtered calls, own process space, no
    capabilities, not root.
    """
    if not renderers:
        return SandboxCheck(ok=False, message="浏览器沙箱自检失败：没有找到渲染进程")
    missing = [fault for status in renderers for fault in _faults(status)]
    if missing:
        return SandboxCheck(ok=False, message=f"浏览器沙箱未生效：{missing[0]}")
    return SandboxCheck(ok=True, message="浏览器沙箱已生效")


def fault_in_command_line(line: str, *, sandbox: bool = True) -> str:
    """What is wrong with how a browser was started that runs elsewhere, for the operator; empty for
    nothing. Its rules for names may leave out the address of our way out instead of loopback.
    """
    wanted = [one.partition(" , EXCLUDE")[0] for one in ARGUMENTS]
    missing = [one for one in wanted if one not in line]
    open_to_all = [one for one in _OPEN_TO_ALL if sandbox and one in line]
    if missing or open_to_all:
        said = f"缺少 {missing[0]}" if missing else f"不应有 {open_to_all[0]}"
        return f"{REMOTE_UNFIT}：{said}"
    return ""


def _faults(status: str) -> list[str]:
    fields = {
        name: value.split() for name, _, value in (r.partition(":") for r in status.splitlines())
    }
    found = {
        "系统调用未过滤（Seccomp）": fields.get("Seccomp") == ["2"],
        "没有独立的进程空间（NSpid）": len(fields.get("NSpid", ())) >= 2,
        "仍有特权（CapEff）": int("".join(fields.get("CapEff", ("1",))), 16) == 0,
        "以 root 身份运行": fields.get("Uid", ["0"])[0] != "0",
    }
    return [fault for fault, holds in found.items() if not holds]


def start_failure(message: str) -> str:
    """What a failed start means, in one line for the operator."""
    if message.startswith(REMOTE_UNFIT):
        return message
    lines = [(sign, words) for sign, words in _START_FAILURES if sign in message]
    if lines:
        return lines[0][1]
    return f"浏览器无法启动：{' '.join(message.split())[:200]}"


REMOTE_AWAY = "remote browser away"
REMOTE_DIFFERS = "version mismatch"
REMOTE_UNFIT = "远程浏览器的启动参数不合要求"
_START_FAILURES = (
    (REMOTE_AWAY, "连不上远程浏览器（browser.remote）"),
    (REMOTE_DIFFERS, "远程 Playwright 的版本与本程序的不同，两边须一致"),
    ("No usable sandbox", "浏览器无法启动：内核不允许建立沙箱（普通用户命名空间被禁用）；"
     "请开启，或明知风险时设 browser.sandbox = \"off\""),
    ("Running as root without", "浏览器不能以 root 身份运行：请设 browser.user 为普通用户"),
    ("Failed to launch: spawn", "浏览器无法启动：程序不存在或该用户不可执行"),
    ("xecutable doesn't exist", "没有找到浏览器：请安装 chromium-headless-shell"),
    ("EACCES", "浏览器无法启动：工作目录不可写（TMPDIR）"),
    ("error while loading shared libraries", "浏览器无法启动：缺少系统库"),
)  # fmt: skip
