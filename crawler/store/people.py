"""Accounts of the console. A password is kept only as its hash, and never read back out."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from crawler.domain.errors import BadInput
from crawler.domain.user import Role, User
from crawler.store.people_tables import users


def save_user(db: Connection, user: User, password_hash: str, actor: str) -> User:
    """A new account with its id; BadInput if the name is taken."""
    if user_named(db, user.name) is not None:
        raise BadInput(f"用户 {user.name} 已存在")
    row = {
        "name": user.name,
        "shown_name": user.shown_name,
        "password_hash": password_hash,
        "roles": _roles_in(user),
        "region": user.region,
        "disabled": user.disabled,
        "created_at": user.created_at,
        "actor": actor,
    }
    made = db.execute(insert(users).values(row).returning(users.c.id))
    return replace(user, id=int(made.scalar_one()))


def change_user(db: Connection, user: User) -> None:
    """Roles, region, shown name, whether disabled."""
    values = {
        "shown_name": user.shown_name,
        "roles": _roles_in(user),
        "region": user.region,
        "disabled": user.disabled,
    }
    db.execute(update(users).where(users.c.id == user.id).values(values))


def set_password(db: Connection, user_id: int, password_hash: str) -> None:
    """Another password; whoever calls ends the sessions."""
    db.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


def renew_hash(db: Connection, user_id: int, kept: str, better: str) -> None:
    """The same password hashed as is done today, unless it was changed meanwhile."""
    same = (users.c.id == user_id) & (users.c.password_hash == kept)
    db.execute(update(users).where(same).values(password_hash=better))


def password_hash_of(db: Connection, user_id: int) -> str:
    """For the one comparison at the door."""
    return str(db.scalar(select(users.c.password_hash).where(users.c.id == user_id)) or "")


def user_named(db: Connection, name: str) -> User | None:
    """The account of a name."""
    row = db.execute(select(users).where(users.c.name == name)).first()
    return user_of_row(row) if row else None


def shown_name_of(account: ColumnElement[str]) -> ColumnElement[str]:
    """In a query: by which name people know who acted; the account's own where nobody has it."""
    shown = select(users.c.shown_name).where(users.c.name == account).scalar_subquery()
    return func.coalesce(shown, account)


def list_users(db: Connection, reach: str = "") -> list[User]:
    """All accounts under a region prefix, by name."""
    rows = select(users).where(users.c.region.startswith(reach)).order_by(users.c.name)
    return [user_of_row(row) for row in db.execute(rows)]


def user_of_row(row: Row[Any]) -> User:
    """The noun behind a row of `users` (or of a join that bears its columns)."""
    return User(
        id=row.id,
        name=row.name,
        shown_name=row.shown_name,
        roles=frozenset(Role(one) for one in row.roles),
        region=row.region,
        disabled=row.disabled,
        created_at=row.created_at,
        has_factor=row.factor_since is not None,
    )


def _roles_in(user: User) -> list[str]:
    return sorted(str(role) for role in user.roles)
