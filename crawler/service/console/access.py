"""Who may do what: every route names its roles, and nobody gets past that."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from crawler.domain.user import Role
from crawler.service.console.calls import Call

View = Callable[[Call], Response]

EVERYONE = frozenset(Role)
DECIDERS = frozenset({Role.OFFICER, Role.SUPERVISOR})
READERS = DECIDERS | {Role.AUDITOR}
SUPERVISORS = frozenset({Role.SUPERVISOR})
OPERATORS = frozenset({Role.OPS})
LOOKERS = READERS | OPERATORS  # readers, and who keeps it running
ADMINS = frozenset({Role.ADMIN})
PUBLIC: frozenset[Role] = frozenset()  # before anybody has signed in

FORM_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One door. GET changes nothing; POST comes from our own pages only."""

    method: str
    path: str
    view: View
    roles: frozenset[Role]
    most_bytes: int = FORM_BYTES  # of the body, refused before more is read

    @property
    def name(self) -> str:
        """As the table in README.md has it."""
        return f"{self.method} {self.path}"


def get(path: str, view: View, roles: frozenset[Role]) -> Route:
    """A page or a picture."""
    return Route(method="GET", path=path, view=view, roles=roles)


def post(path: str, view: View, roles: frozenset[Role], most_bytes: int = FORM_BYTES) -> Route:
    """A change."""
    return Route(method="POST", path=path, view=view, roles=roles, most_bytes=most_bytes)
