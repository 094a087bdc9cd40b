"""Lists as people like to see them: a name for the query part of an address."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from crawler.domain.errors import BadInput
from crawler.domain.user import User
from crawler.store.database import upsert
from crawler.store.people_tables import saved_views

MOST_VIEWS = 20


def views_of(db: Connection, user_id: int, page: str) -> list[tuple[str, str]]:
    """Name and query of each, by name."""
    mine = (saved_views.c.user_id == user_id) & (saved_views.c.page == page)
    rows = select(saved_views.c.name, saved_views.c.query).where(mine).order_by(saved_views.c.name)
    return [(row.name, row.query) for row in db.execute(rows)]


def save_view(db: Connection, user: User, page: str, name: str, query: str, now: datetime) -> None:
    """Keep one; a known name gets the new query."""
    mine = (saved_views.c.user_id == user.id) & (saved_views.c.page == page)
    others = select(func.count()).where(mine, saved_views.c.name != name)
    if (db.scalar(others) or 0) >= MOST_VIEWS:
        raise BadInput(f"至多存 {MOST_VIEWS} 个视图")
    row = {
        "user_id": user.id,
        "page": page,
        "name": name,
        "query": query,
        "region": user.region,
        "created_at": now,
    }
    kept = upsert(db, saved_views).values(row)
    db.execute(
        kept.on_conflict_do_update(
            index_elements=["user_id", "page", "name"], set_={"query": query, "created_at": now}
        )
    )


def delete_view(db: Connection, user_id: int, page: str, name: str) -> None:
    """Forget one."""
    mine = (saved_views.c.user_id == user_id) & (saved_views.c.page == page)
    db.execute(delete(saved_views).where(mine, saved_views.c.name == name))
