"""The words of a page nested thousands of levels deep, read by resiliparse: it neither recurses nor
slows down there, where the usual reading would take a hundred times as long or lose the end.
"""

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from crawler.domain.capture import Field, PageText

_MOST_CHARS = 400_000


def read_abyss(html: str) -> PageText:
    """Title and body; alternatives of pictures stand in the body, where they are shown."""
    tree = HTMLTree.parse(html)
    said = extract_plain_text(tree, main_content=False, alt_texts=True, links=False)
    lines = (" ".join(line.split()) for line in said.split("\n"))
    body = "\n".join(line for line in lines if line)[:_MOST_CHARS]
    title = " ".join((tree.title or "").split())
    texts = {"title": title, "body": body}
    return PageText(fields=tuple(Field(name=n, text=t) for n, t in texts.items() if t))
