"""Programs that may use the API. A token is kept only as its digest, and never read back out."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from crawler.domain.client import Client, Scope
from crawler.domain.errors import BadInput
from crawler.store.platform_tables import clients

_TOUCH_AFTER = timedelta(minutes=1)


def save_client(db: Connection, client: Client, token_digest: str, actor: str) -> None:
    """A new client; BadInput if the name is taken, by one that has ended too."""
    if client_named(db, client.name) is not None:
        raise BadInput(f"客户端 {client.name} 已存在")
    db.execute(
        insert(clients).values(
            name=client.name,
            token_digest=token_digest,
            scopes=sorted(str(one) for one in client.scopes),
            region=client.region,
            endpoint=client.endpoint,
            created_at=client.created_at,
            expires_at=client.expires_at,
            actor=actor,
        )
    )


def renew_client(db: Connection, name: str, token_digest: str, expires_at: datetime) -> None:
    """Another token; the one before opens nothing any more."""
    values = {"token_digest": token_digest, "expires_at": expires_at, "ended_at": None}
    db.execute(update(clients).where(clients.c.name == name).values(values))


def end_client(db: Connection, name: str, now: datetime) -> None:
    """Its token opens nothing from now on."""
    live = (clients.c.name == name) & clients.c.ended_at.is_(None)
    db.execute(update(clients).where(live).values(ended_at=now))


def touch_client(db: Connection, client: Client, now: datetime) -> None:
    """Remember that it was here."""
    db.execute(update(clients).where(clients.c.id == client.id).values(last_used_at=now))


def is_stale(client: Client, now: datetime) -> bool:
    """Whether it should be remembered anew that it is here."""
    return client.last_used_at is None or now - client.last_used_at > _TOUCH_AFTER


def client_of(db: Connection, token_digest: str) -> Client | None:
    """Whose token this is, live or not."""
    row = db.execute(select(clients).where(clients.c.token_digest == token_digest)).first()
    return _client(row) if row else None


def client_named(db: Connection, name: str) -> Client | None:
    """The client of a name."""
    row = db.execute(select(clients).where(clients.c.name == name)).first()
    return _client(row) if row else None


def list_clients(db: Connection) -> list[Client]:
    """All of them, those that have ended too, by name."""
    return [_client(row) for row in db.execute(select(clients).order_by(clients.c.name))]


def _client(row: Row[Any]) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(one) for one in row.scopes),
        region=row.region,
        endpoint=row.endpoint,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        last_used_at=row.last_used_at,
    )
