"""Disguises people meet: look-alike characters and misspelt words, each led back to the real
one.
"""

from collections.abc import Iterator

from lexicons.documents import Part, Problem, read_document
from lexicons.normalising import normal_form

FILE = "variants.yaml"


def read_variants(content: bytes) -> tuple[dict[str, str], list[Problem]]:
    """Disguise → real, both in normal form; single characters replace everywhere, words only
    whole.
    """
    if not content:
        return {}, []
    document = read_document(content, FILE)
    if isinstance(document, Problem):
        return {}, [document]
    variants: dict[str, str] = {}
    problems: list[Problem] = []
    for disguise, real, line in _pairs(document, problems):
        if reason := _fault(disguise, real, variants):
            problems.append(Problem(file=FILE, line=line, reason=reason))
        variants.setdefault(disguise, real)
    problems.extend(_chains(variants))
    return variants, problems


def _pairs(document: Part, problems: list[Problem]) -> Iterator[tuple[str, str, int]]:
    sections = document.value if isinstance(document.value, dict) else {}
    for name in ("characters", "words"):
        section = sections.get(name)
        if section is None or not isinstance(section.value, dict):
            problems.append(Problem(file=FILE, line=document.line, reason=f"缺少 {name}"))
            continue
        for real, forms in section.value.items():
            for form in _forms(forms, name):
                yield normal_form(form), normal_form(real), forms.line


def _forms(part: Part, section: str) -> Iterator[str]:
    if isinstance(part.value, str):
        yield from part.value if section == "characters" else [part.value]
    if isinstance(part.value, list):
        for one in part.value:
            if isinstance(one.value, str):
                yield one.value


def _fault(disguise: str, real: str, variants: dict[str, str]) -> str:
    if not disguise or not real:
        return "变体或原词归一化后为空"
    if disguise == real:
        return f"变体“{disguise}”归一化后就是原词，无须列出"
    if variants.get(disguise, real) != real:
        return f"变体“{disguise}”既指“{variants[disguise]}”又指“{real}”"
    return ""


def _chains(variants: dict[str, str]) -> Iterator[Problem]:
    """A disguise of a disguise would be undone only half, or for ever."""
    for disguise, real in variants.items():
        if real in variants:
            yield Problem(file=FILE, line=1, reason=f"“{disguise}”→“{real}”→“{variants[real]}”成链")
