"""The close reading of a page past the sieve: what it is built of, by BeautifulSoup on lxml."""

from crawler.domain.capture import PageText
from crawler.domain.page import PageStructure
from crawler.reading.bylines import bylines_in_text, find_bylines
from crawler.reading.cards import find_cards
from crawler.reading.contacts import contacts_in_text, find_contacts
from crawler.reading.forms import find_buttons, find_forms
from crawler.reading.links import find_downloads, find_links_out, statistics_ids_in
from crawler.reading.signing import (
    find_companies,
    find_filing_numbers,
    find_police_numbers,
    footer_text,
    last_lines,
)
from crawler.reading.soup import Tree, attribute, tree_of

_MOST_IMAGES = 5_000
_READ_FIELDS = ("title", "body", "alt", "placeholder", "hidden")


def read_closely(html: str, quick: PageText, url: str = "") -> PageStructure:
    """The structure of any page; bounded in size and time. `url` is the page's own address, from
    which a link out is told.
    """
    tree = tree_of(html)
    body, text = quick.field("body"), _all_text(quick)
    footer = footer_text(tree)
    return PageStructure(
        cards=find_cards(tree, body),
        forms=find_forms(tree),
        buttons=find_buttons(tree),
        downloads=find_downloads(tree, html),
        contacts=find_contacts(tree, text),
        filing_numbers=find_filing_numbers(footer, text),
        police_numbers=find_police_numbers(tree, footer, text),
        companies=find_companies(footer, text),
        links_out=find_links_out(tree, url),
        statistics_ids=statistics_ids_in(html),
        bylines=find_bylines(tree, body),
        images=_images(tree),
        text_ratio=round(len(body) / max(1, len(html)), 4),
    )


def read_without_tree(quick: PageText) -> PageStructure:
    """What the words alone tell of the structure: only to measure what the tree is worth."""
    body, text = quick.field("body"), _all_text(quick)
    footer = last_lines(body)
    return PageStructure(
        contacts=contacts_in_text(text),
        filing_numbers=find_filing_numbers(footer, text),
        police_numbers=find_police_numbers(Tree(()), footer, text),
        companies=find_companies("", text),
        bylines=bylines_in_text(body),
        text_ratio=1.0,
    )


def _all_text(quick: PageText) -> str:
    return "\n".join(quick.field(name) for name in _READ_FIELDS)


def _images(tree: Tree) -> int:
    """Pictures on the page, those set as a background by an element's own style among them."""
    behind = (element for element in tree.elements if "url(" in attribute(element, "style"))
    return min(_MOST_IMAGES, len(tree.named("img")) + sum(1 for _ in behind))
