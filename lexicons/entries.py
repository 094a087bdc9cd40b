"""One file of terms becomes a category and its terms, each with the line it stands on."""

from collections.abc import Iterator
from dataclasses import dataclass

from crawler.domain.lexicon import Boundary, Category, Term, Zone
from lexicons.documents import Part
from lexicons.normalising import normal_form
from lexicons.parts import LONGEST_WORD, PartReader

_HEAD = {"id", "name", "severity", "zone", "modifier", "report_class", "needs", "terms"}
_OPTIONS = {"needs_context", "boundary", "exact", "era", "note", "false_friends"}
_PATTERN_SIGNS = frozenset("\\^$*?|[](){}")  # terms are words; a pattern here would never match


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A term and where it stands."""

    term: Term
    zone: Zone
    file: str
    line: int


class CategoryReader(PartReader):
    """Reads one file, collecting its problems."""

    def category(self, document: Part) -> Category | None:
        """The file's head; None if it has a fault."""
        known = len(self.problems)
        head = self.mapping(document, "文件")
        self.only(head, _HEAD)
        self.needed(head, ("id", "name", "severity", "terms"), document.line)
        category = Category(
            id=self.word(head, "id"),
            name=self.word(head, "name"),
            severity=self.number(head, "severity", 1, 5),
            zone=Zone(self.one_of(head, "zone", tuple(Zone), Zone.PAGE)),
            modifier=self.truth(head, "modifier"),
            report_class=self.word(head, "report_class"),
            needs=self.word(head, "needs"),
        )
        return category if len(self.problems) == known else None

    def entries(self, document: Part, category: Category) -> Iterator[Entry]:
        """The file's terms, in its order; a faulty one is noted and left out."""
        terms = self.mapping(document, "文件")["terms"]
        for weight, section in self.mapping(terms, "terms").items():
            if not self._is_weight(weight, section.line):
                continue
            for part in self.items(section, f"权重 {weight}"):
                term = self._term(part, category.id, float(weight))
                if term:
                    yield Entry(term=term, zone=category.zone, file=self.file, line=part.line)

    def term(self, part: Part, category: str, weight: str) -> Term | None:
        """One term under a weight as it is written; None if one of them has a fault."""
        good = self._is_weight(weight, part.line)
        term = self._term(part, category, float(weight) if good else 0.0)
        return term if good else None

    def _is_weight(self, weight: str, line: int) -> bool:
        if weight.isascii() and weight.isdigit() and len(weight) < 3 and int(weight) <= 5:
            return True
        self.note(line, f"权重须为 0 至 5，不能是“{weight[:20]}”")
        return False

    def _term(self, part: Part, category: str, weight: float) -> Term | None:
        known = len(self.problems)
        written, options = self._written(part)
        word = normal_form(written)
        self._check_word(written, word, part.line)
        self.only(options, _OPTIONS)
        term = Term(
            word=word,
            category=category,
            weight=weight,
            needs_context=self.truth(options, "needs_context"),
            boundary=Boundary(self.one_of(options, "boundary", tuple(Boundary), Boundary.ANY)),
            exact=self._exact(options, word),
            false_friends=self._false_friends(options, word),
            era=self.one_of(options, "era", ("a", "b"), ""),
            note=self.word(options, "note"),
        )
        return term if len(self.problems) == known else None

    def _written(self, part: Part) -> tuple[str, dict[str, Part]]:
        if isinstance(part.value, str):
            return part.value, {}
        if isinstance(part.value, dict) and len(part.value) == 1:
            word, options = next(iter(part.value.items()))
            return word, self.mapping(options, word)
        self.note(part.line, "词条须写成“词”或“词: {选项}”")
        return "", {}

    def _check_word(self, written: str, word: str, line: int) -> None:
        if not word.strip():
            self.note(line, f"词条“{written[:20]}”归一化后为空")
        elif len(word) == 1:
            self.note(line, f"词条“{written}”只有一个字，无法区分")
        elif len(word) > LONGEST_WORD:
            self.note(line, f"词条“{written[:20]}…”超过 {LONGEST_WORD} 字")
        elif word != word.strip() or "\n" in word:
            self.note(line, f"词条“{written[:20]}”首尾有空白或换行")
        elif signs := _PATTERN_SIGNS.intersection(word):
            self.note(line, f"词条“{written[:20]}”含 {min(signs)}：词条是原文，不支持正则")

    def _exact(self, options: dict[str, Part], word: str) -> str:
        exact = self.word(options, "exact")
        if exact and normal_form(exact) != word:
            self.note(options["exact"].line, f"exact“{exact}”与词条“{word}”不是同一个词")
        return exact

    def _false_friends(self, options: dict[str, Part], word: str) -> tuple[str, ...]:
        if "false_friends" not in options:
            return ()
        friends = []
        for part in self.items(options["false_friends"], "false_friends"):
            friend = normal_form(part.value) if isinstance(part.value, str) else ""
            if word not in friend or friend == word:
                self.note(part.line, f"排除词“{friend}”须包含词条“{word}”且更长")
            friends.append(friend)
        return tuple(friends)
