"""Whose a row is: regions by the prefix that a person's reach is."""

from sqlalchemy import ColumnElement, true
from sqlalchemy.sql.elements import KeyedColumnElement

_WHOLE = 6  # digits of a district


def within(region: KeyedColumnElement[str], reach: str) -> ColumnElement[bool]:
    """Under a region prefix, said so that an index can serve: a district is one value, and of
    whoever sees all nothing is asked.
    """
    if not reach:
        return true()
    return region == reach if len(reach) == _WHOLE else region.startswith(reach)


def around(region: KeyedColumnElement[str], reach: str) -> ColumnElement[bool]:
    """Under a region prefix, or of a place that it lies in: what the city has is told to its
    districts too.
    """
    above = [
        (reach[:digits] + "0" * _WHOLE)[:_WHOLE] for digits in (0, 2, 4) if digits < len(reach)
    ]
    return within(region, reach) | region.in_(above)
