"""xunwang: one sub-command per verb of the path. It talks to people; it decides nothing."""

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

import typer

from crawler.domain.errors import BadInput, NotAllowed, TryLater, WatchError
from crawler.service.doors import INTERRUPTED, LATER, door_from
from crawler.service.helping import HelpfulCommand, HelpfulGroup, complaint, short
from crawler.service.showing import complain

# module of crawler.service.commands and function: only what is asked for is loaded
COMMANDS = {
    "import": "lists:import_",
    "lists": "lists:lists_",
    "register": "registers:register",
    "exceptions": "exceptions:exceptions",
    "sweep": "sweeps:sweep",
    "sites": "sites:sites",
    "judge": "judging:judge",
    "lexicon": "lexicon:lexicon",
    "alerts": "alerts:alerts",
    "confirm": "alerts:confirm",
    "dismiss": "alerts:dismiss",
    "watch": "alerts:watch",
    "reopen": "alerts:reopen",
    "recapture": "recapture:recapture",
    "album": "album:album",
    "tasks": "tasks_desk:tasks",
    "statistics": "statistics:statistics",
    "outbox": "deliveries:outbox",
    "deliver": "deliveries:deliver",
    "deliveries": "deliveries:deliveries",
    "replay": "deliveries:replay",
    "search": "search:search",
    "index": "search:index",
    "archive": "archive:archive",
    "serve": "serving:serve",
    "work": "working:work",
    "platform": "platform:platform",
    "client": "client:client",
    "batch": "batch:batch",
    "inbox": "inbox:inbox",
    "schedule": "schedule:schedule",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "certificate": "certificate:certificate",
    "docking": "docking:docking",
    "keep": "keep:keep",
    "verify": "verifying:verify",
    "evidence": "evidence:evidence",
    "leads": "leads:leads",
    "user": "user:user",
    "doctor": "doctor:doctor",
}
EXIT_CODES = {BadInput: 2, TryLater: LATER, NotAllowed: 4}


def command_of(name: str) -> Callable[..., None]:
    """The function behind a command."""
    module, _, function = COMMANDS[name].partition(":")
    command: Callable[..., None] = getattr(
        import_module(f"crawler.service.commands.{module}"), function
    )
    return command


def app_of(names: Iterable[str]) -> typer.Typer:
    """The command line as data."""
    app = typer.Typer(
        name="xunwang",
        cls=HelpfulGroup,
        help="巡网：按备案名单巡查网站首页，发现疑似非法集资。--home 指明数据目录（默认 ./var）。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_nothing_before)
    for name in names:
        command = command_of(name)
        about = short(command.__doc__ or "")
        app.command(name, cls=HelpfulCommand, short_help=about)(command)
    return app


def _nothing_before() -> None:
    """Keeps a command's name on the line where it is the only one."""


def main() -> None:
    """Exit 0 only if the command did its work; one line on bad input, never a traceback."""
    door, argv = door_from(sys.argv[1:])
    try:
        code = app_of(_asked(argv))(args=argv, standalone_mode=False, obj=door)
    except typer.TyperException as error:
        complain(complaint(error))
        sys.exit(2)
    except WatchError as error:
        complain(str(error))
        sys.exit(next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1))
    except (KeyboardInterrupt, typer.Abort):
        complain("已中断")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _asked(argv: Sequence[str]) -> Iterable[str]:
    """The command that leads the line; all of them where none does: the help names each."""
    return argv[:1] if argv and argv[0] in COMMANDS else COMMANDS
