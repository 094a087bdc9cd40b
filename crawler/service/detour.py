"""A way for the browser's user to a program that lies behind a closed folder (a clone under /root):
root shows it that program, and nothing else, at an open place in a mount namespace of its own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from crawler.fetching.identity import Identity, reach_problem
from crawler.service.children import Program

CODE = Path(__file__).parents[2]
STUCK_S = 25.0
_NEEDED = ("unshare", "mount", "setpriv")
_SCRIPT = (
    'mount --bind "$1" "$2/venv" && mount --bind "$3" "$2/code" && cd "$4" && shift 4 && '
    'exec setpriv --reuid "$1" --regid "$2" --clear-groups "$3" "$4" "$5"'
)


def detour_for(identity: Identity, environment: Mapping[str, str]) -> tuple[Program | None, str]:
    """The program by another way, or the line that says why there is none."""
    plain_trouble = reach_problem(identity, [Path(sys.executable)])
    if os.geteuid() != 0 or not all(shutil.which(name) for name in _NEEDED):
        return None, plain_trouble
    place = identity.home / "program"
    for part in ("venv", "code"):
        (place / part).mkdir(parents=True, exist_ok=True)
    command = _command(identity, place)
    if not _works(command):
        return None, plain_trouble
    own = {"HOME": str(identity.home), "TMPDIR": str(identity.tmp)}
    program = Program(
        module="crawler.service.browser_worker",
        environment=dict(environment) | own | {"PYTHONPATH": str(place / "code")},
        uid=identity.uid,
        gid=identity.gid,
        changes_user=False,
        folder="/",
        command=command,
        stuck_s=STUCK_S,
    )
    return program, ""


def _command(identity: Identity, place: Path) -> tuple[str, ...]:
    python = place / "venv" / "bin" / "python"
    binding = (sys.prefix, str(place), str(CODE), str(identity.tmp))
    user = (str(identity.uid), str(identity.gid), str(python))
    return (
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        _SCRIPT,
        "sh",
        *binding,
        *user,
    )


def _works(command: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run(
            [*command, "-c", "import playwright"], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
