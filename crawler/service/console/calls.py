"""What a view is given, and the two things it may answer with: a page, or where to go next."""

import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jinja2
from starlette.datastructures import QueryParams, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.desk import Desk
from crawler.domain.assessment import Level
from crawler.domain.audit import Act
from crawler.domain.user import Role, Session, User
from crawler.service.catalogue import Say
from crawler.service.console.keeping import Keeping, Notice
from crawler.service.foreseeing import Foreseeing
from crawler.service.wiring import House
from crawler.store.audit import note
from crawler.store.database import Connection
from crawler.store.people import list_users

_PEOPLE_S = 60.0


class Refused(Exception):
    """This person may not do this, whatever the state. The message is for them."""


class TooOften(Exception):
    """They got it wrong too often to try again now. The message is for them."""


class Missing(Exception):
    """There is no such thing, or it is not for them to know of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """What all requests share."""

    house: House
    say: Say
    templates: jinja2.Environment
    clock: Callable[[], datetime]
    desk: Callable[[], Desk]
    level_of: Callable[[float], Level]  # of a score, by the lexicon in force
    keeping: Keeping = field(default_factory=Keeping)
    foreseeing: Foreseeing = field(default_factory=Foreseeing)
    token: Callable[[], str] = secrets.token_urlsafe


Field = str | UploadFile


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request, after the door: who asks, for what, with what."""

    console: Console
    path: str
    parts: Mapping[str, Any]  # of the path
    query: QueryParams
    form: tuple[tuple[str, Field], ...]
    address: str
    secure: bool
    session: Session | None
    now: datetime
    request_id: str
    page_of: Callable[["Call", str, Mapping[str, Any]], str]
    cookie: str = ""
    away: str = ""  # the token of somebody who was sent to the identity provider

    @property
    def house(self) -> House:
        """The installation."""
        return self.console.house

    @property
    def user(self) -> User:
        """Who asks; only public routes have nobody."""
        if self.session is None:
            raise Refused
        return self.session.user

    @property
    def actor(self) -> str:
        """As the audit trail names them."""
        return self.user.name

    @property
    def reach(self) -> str:
        """The region prefix of everything they may see."""
        return self.user.reach

    @property
    def sees_all(self) -> bool:
        """Whether the whole installation is theirs to see, not a district of it."""
        return self.house.config.region.startswith(self.reach)

    def person(self, account: str) -> str:
        """By which name people know an account; its own where nobody has it."""
        known = self.console.keeping.figure("people", self.now, _PEOPLE_S, self._shown_names)
        return known.get(account, account)

    def may(self, roles: frozenset[Role]) -> bool:
        """Whether they have one of these roles."""
        return self.session is not None and bool(self.user.roles & roles)

    def number(self, name: str) -> int:
        """A number in the path; anything else is missing."""
        given = whole_number(str(self.parts.get(name, "")))
        if given is None:
            raise Missing
        return given

    def field(self, name: str, most: int = 2_000) -> str:
        """One field of the form, cut at what it may hold."""
        value = next((value for key, value in self.form if key == name), "")
        return cleaned(value)[:most] if isinstance(value, str) else ""

    def fields(self, name: str, most: int = 200) -> tuple[str, ...]:
        """All fields of one name."""
        given = (value for key, value in self.form if key == name)
        return tuple(cleaned(value)[:500] for value in given if isinstance(value, str))[:most]

    def upload(self, name: str) -> UploadFile | None:
        """An uploaded file, its size already limited by the route."""
        found = (value for key, value in self.form if key == name)
        return next((value for value in found if isinstance(value, UploadFile)), None)

    def page(self, template: str, *, status: int = 200, **facts: Any) -> Response:
        """A page from its template."""
        return HTMLResponse(self.page_of(self, template, facts), status_code=status)

    def go(self, path: str, *notices: Notice) -> Response:
        """On to another page of ours, which tells what was done."""
        for notice in notices:
            self.tell(notice)
        return RedirectResponse(local(path), status_code=303)

    def _shown_names(self) -> dict[str, str]:
        with self.house.database.reading() as db:
            return {one.name: one.shown_name for one in list_users(db)}

    def tell(self, notice: Notice) -> None:
        """Say something on their next page."""
        if self.session is not None:
            self.console.keeping.tell(self.session.digest, notice)

    def back(self, otherwise: str) -> str:
        """Where the form says to go next, if that is a page of ours."""
        return local(self.field("next", 500) or otherwise)

    def note(self, db: Connection, action: str, object_: str, region: str, after: str = "") -> None:
        """One entry of the audit trail, in the transaction of what was done."""
        act = Act(
            at=self.now,
            actor=self.session.user.name if self.session else "-",
            action=action,
            object=object_[:200],
            region=region,
            after=after[:500],
        )
        note(db, act)


def whole_number(typed: str, digits: int = 12) -> int | None:
    """A number of plain digits; None for anything else, and for one that no row can have."""
    plain = typed.isascii() and typed.isdigit() and len(typed) <= digits
    return int(typed) if plain else None


def cleaned(typed: str) -> str:
    """What a person typed, without what no keyboard has: a store may refuse it."""
    kept = (one for one in typed if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def local(path: str) -> str:
    """A path on this site; anything that could lead elsewhere becomes /."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"
