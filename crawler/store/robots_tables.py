"""What sites said in their robots.txt, so that it is asked once a week and no oftener."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from crawler.store.tables import Moment, metadata

# by the site on whose way it was heard: an address that many sites lead to stands under each
robots_words = Table(
    "robots_words",
    metadata,
    Column("site_id", ForeignKey("sites.id"), primary_key=True),
    Column("origin", String(300), primary_key=True),
    Column("status", Integer, nullable=False),  # 0: no answer that could be read
    Column("rules", LargeBinary, nullable=False),  # bounded before they are reported
    Column("until", Moment, nullable=False),
    Index(None, "until"),
)
