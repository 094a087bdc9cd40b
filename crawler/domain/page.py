"""What a page is built of, as far as it tells what the page is for: cards, forms, contacts,
numbers, links.
"""

from dataclasses import dataclass
from enum import StrEnum


class FormKind(StrEnum):
    """What a form asks its visitor for."""

    REGISTER = "register"
    LOGIN = "login"
    INVEST = "invest"
    LOAN = "loan"
    CONTACT = "contact"
    SEARCH = "search"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One form: what it is for, its field labels and its button."""

    kind: FormKind
    labels: tuple[str, ...] = ()
    button: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One of a row of look-alike boxes: its cells in DOM order, and where they lie in the body
    text.
    """

    cells: tuple[str, ...]
    start: int
    end: int


class ContactKind(StrEnum):
    """How the page wants to be reached."""

    PHONE = "phone"
    MOBILE = "mobile"
    QQ = "qq"
    WECHAT = "wechat"
    EMAIL = "email"
    TELEGRAM = "telegram"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """One way to reach whoever is behind the page."""

    kind: ContactKind
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Imprint:
    """Who a page says is behind it, and where it was seen: what is held against its filing."""

    capture: str  # id of the one that shows it
    filing_numbers: tuple[str, ...] = ()  # normal forms, footer first
    companies: tuple[str, ...] = ()  # only of a page that was read closely
    elsewhere: str = ""  # the registered domain it was seen under, where that is not the site's
    characters: int = 0  # that a person could read


@dataclass(frozen=True, kw_only=True, slots=True)
class PageStructure:
    """The close reading of one page (BeautifulSoup), beside its text."""

    cards: tuple[Card, ...] = ()
    forms: tuple[Form, ...] = ()
    buttons: tuple[str, ...] = ()  # words on buttons and button-like links
    downloads: tuple[str, ...] = ()  # addresses of app packages
    contacts: tuple[Contact, ...] = ()
    filing_numbers: tuple[str, ...] = ()  # normal forms, footer first
    police_numbers: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()  # names of companies the page signs with
    links_out: tuple[str, ...] = ()  # other hosts it points to
    statistics_ids: tuple[str, ...] = ()  # 百度统计, CNZZ … : shared by one hand's sites
    bylines: tuple[str, ...] = ()  # author, source, date, editor, case number: marks of information
    images: int = 0
    text_ratio: float = 0.0  # characters a person reads ÷ characters of source
