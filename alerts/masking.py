"""Names of natural persons do not leave the house in full."""

from crawler.domain.filing import SubjectKind, masked, shown_unit_name
from crawler.domain.site import Site


def shown_name(site: Site) -> str:
    """The subject as it may be told outside."""
    return shown_unit_name(site.unit_name.strip(), site.subject_kind)


def without_name(text: str, site: Site) -> str:
    """A text in which the name of a personal subject is masked wherever it stands."""
    name = site.unit_name.strip()
    if site.subject_kind is not SubjectKind.PERSON or len(name) < 2:
        return text
    return text.replace(name, masked(name))
