"""What the house defines is used by the house: a name that stands only where it is made is dead."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("crawler", "spiders", "lexicons", "indexer", "alerts")
READ = {".py", ".html", ".toml", ".cfg", ".yaml", ".mako", ".ini"}
# made for who stands outside the house: the figures, the other side of a batch, and tests that
# look at the trail and at the register
FOR_OTHERS = {"read_without_tree", "write_reports", "acts_on", "all_sites"}
# found by a framework under their own names: Alembic's in each migration, Scrapy's in its settings
ASKED_FOR = re.compile(r"(?:up|down)grade|(?:down_)?revision|branch_labels|depends_on")
SETTINGS = Path("crawler/settings.py")


def test_every_name_is_used_somewhere_beside_where_it_is_made() -> None:
    files = [one for room in ROOMS for one in Path(room).rglob("*") if one.suffix in READ]
    texts = {one: one.read_text("utf-8") for one in [*files, Path("pyproject.toml")]}
    words = Counter(word for text in texts.values() for word in re.findall(r"\w+", text))
    made = {
        name: file
        for file, text in texts.items()
        if file.suffix == ".py" and file != SETTINGS
        for name in _made_in(ast.parse(text))
    }

    dead = {name: str(file) for name, file in made.items() if words[name] == 1}

    assert {n: f for n, f in dead.items() if n not in FOR_OTHERS} == {}
    assert set(dead) >= FOR_OTHERS  # used by now: no exception any more


def _made_in(tree: ast.Module) -> Iterator[str]:
    """Functions, classes and constants of a module. What a decorator hands on is used by it."""
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not node.decorator_list:
                names = [node.name]
            case ast.ClassDef():
                names = [node.name]
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not ASKED_FOR.fullmatch(name))
