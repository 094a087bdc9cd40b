"""Names of natural persons do not leave the house in full."""

from crawler.domain.filing import SubjectKind
from crawler.domain.site import Site

_DIGITS_SHOWN = 3


def masked_name(name: str) -> str:
    """张三 → 张*, 欧阳明月 → 欧***; an empty name stays empty."""
    stripped = name.strip()
    return stripped[:1] + "*" * max(len(stripped) - 1, 1) if stripped else ""


def shown_name(site: Site) -> str:
    """The subject as it may be told outside."""
    person = site.subject_kind is SubjectKind.PERSON
    return masked_name(site.unit_name) if person else site.unit_name


def without_name(text: str, site: Site) -> str:
    """A text in which the name of a personal subject is masked wherever it stands."""
    name = site.unit_name.strip()
    if site.subject_kind is not SubjectKind.PERSON or len(name) < 2:
        return text
    return text.replace(name, masked_name(name))
