"""One environment for all templates: everything is escaped, nothing undefined passes silently."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from crawler.domain.alert import ALERT_STATE_NAMES
from crawler.domain.assessment import LEVEL_NAMES
from crawler.domain.region import region_name
from crawler.domain.task import CONCLUSION_NAMES, TASK_STATE_NAMES
from crawler.domain.user import ROLE_NAMES
from crawler.service.catalogue import Say, catalogue
from crawler.service.console import shown

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
NAMES: Mapping[str, Mapping[Any, str]] = {
    "level": LEVEL_NAMES,
    "alert": ALERT_STATE_NAMES,
    "task": TASK_STATE_NAMES,
    "conclusion": CONCLUSION_NAMES,
    "role": ROLE_NAMES,
    **{
        part: catalogue("zh").words[part]
        for part in ("outcome", "page_kind", "flag", "profile", "fetcher")
    },
}


@cache
def environment(say: Say, language: str = "zh") -> jinja2.Environment:
    """What templates of one language can use beside what a view hands them. It knows nothing of an
    installation: a page is compiled once a process.
    """
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"_": say, "static": _static, "language": language}
    made.filters |= {
        "plain": shown.plain,
        "clipped": shown.clipped,
        "exact": shown.exact,
        "day": lambda at: shown.day(at, say),
        "number": lambda value: f"{value:,}",
        "ago": lambda at, now: _moment(at, shown.ago(at, now, say)) if at else Markup(""),
        "until": lambda at, now: _moment(at, shown.until(at, now, say)) if at else Markup(""),
        "region": region_name,
        "name": lambda value, part: say(NAMES[part].get(value, str(value))),
    }
    return made


@cache
def _static(name: str) -> str:
    """The address of a file of ours; its version is in it, so a browser asks once."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def _moment(at: datetime, said: str) -> Markup:
    """As people say it, with the exact moment on hover and for machines."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), shown.exact(at), escape(said)
    )
