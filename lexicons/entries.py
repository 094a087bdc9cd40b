"""One file of terms becomes a category and its terms, each with the line it stands on."""

from collections.abc import Iterator
from dataclasses import dataclass

from crawler.domain.lexicon import Boundary, Category, Term, Zone
from lexicons.documents import Part, Problem
from lexicons.normalising import normal_form

_HEAD = {"id", "name", "severity", "zone", "modifier", "report_class", "needs", "terms"}
_OPTIONS = {"needs_context", "boundary", "exact", "era", "note", "false_friends"}
_PATTERN_SIGNS = frozenset("\\^$*?|[](){}")  # terms are words; a pattern here would never match
_LONGEST_WORD = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A term and where it stands."""

    term: Term
    zone: Zone
    file: str
    line: int


class CategoryReader:
    """Reads one file, collecting its problems."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[Problem] = []

    def category(self, document: Part) -> Category | None:
        """The file's head; None if it has a fault."""
        known = len(self.problems)
        head = self._mapping(document, "文件")
        self._only(head, _HEAD)
        for key in ("id", "name", "severity", "terms"):
            if key not in head:
                self._note(document.line, f"缺少 {key}")
        category = Category(
            id=self._word(head, "id"),
            name=self._word(head, "name"),
            severity=self._number(head, "severity", 1, 5),
            zone=Zone(self._one_of(head, "zone", tuple(Zone), Zone.PAGE)),
            modifier=self._truth(head, "modifier"),
            report_class=self._word(head, "report_class"),
            needs=self._word(head, "needs"),
        )
        return category if len(self.problems) == known else None

    def entries(self, document: Part, category: Category) -> Iterator[Entry]:
        """The file's terms, in its order; a faulty one is noted and left out."""
        terms = self._mapping(document, "文件")["terms"]
        for weight, section in self._mapping(terms, "terms").items():
            if not self._is_weight(weight, section.line):
                continue
            for part in self._list(section, f"权重 {weight}"):
                term = self._term(part, category.id, float(weight))
                if term:
                    yield Entry(term=term, zone=category.zone, file=self._file, line=part.line)

    def term(self, part: Part, category: str, weight: str) -> Term | None:
        """One term under a weight as it is written; None if one of them has a fault."""
        good = self._is_weight(weight, part.line)
        term = self._term(part, category, float(weight) if good else 0.0)
        return term if good else None

    def _is_weight(self, weight: str, line: int) -> bool:
        if weight.isascii() and weight.isdigit() and len(weight) < 3 and int(weight) <= 5:
            return True
        self._note(line, f"权重须为 0 至 5，不能是“{weight[:20]}”")
        return False

    def _term(self, part: Part, category: str, weight: float) -> Term | None:
        known = len(self.problems)
        written, options = self._written(part)
        word = normal_form(written)
        self._check_word(written, word, part.line)
        self._only(options, _OPTIONS)
        term = Term(
            word=word,
            category=category,
            weight=weight,
            needs_context=self._truth(options, "needs_context"),
            boundary=Boundary(self._one_of(options, "boundary", tuple(Boundary), Boundary.ANY)),
            exact=self._exact(options, word),
            false_friends=self._false_friends(options, word),
            era=self._one_of(options, "era", ("a", "b"), ""),
            note=self._word(options, "note"),
        )
        return term if len(self.problems) == known else None

    def _written(self, part: Part) -> tuple[str, dict[str, Part]]:
        if isinstance(part.value, str):
            return part.value, {}
        if isinstance(part.value, dict) and len(part.value) == 1:
            word, options = next(iter(part.value.items()))
            return word, self._mapping(options, word)
        self._note(part.line, "词条须写成“词”或“词: {选项}”")
        return "", {}

    def _check_word(self, written: str, word: str, line: int) -> None:
        if not word.strip():
            self._note(line, f"词条“{written[:20]}”归一化后为空")
        elif len(word) == 1:
            self._note(line, f"词条“{written}”只有一个字，无法区分")
        elif len(word) > _LONGEST_WORD:
            self._note(line, f"词条“{written[:20]}…”超过 {_LONGEST_WORD} 字")
        elif word != word.strip() or "\n" in word:
            self._note(line, f"词条“{written[:20]}”首尾有空白或换行")
        elif signs := _PATTERN_SIGNS.intersection(word):
            self._note(line, f"词条“{written[:20]}”含 {min(signs)}：词条是原文，不支持正则")

    def _exact(self, options: dict[str, Part], word: str) -> str:
        exact = self._word(options, "exact")
        if exact and normal_form(exact) != word:
            self._note(options["exact"].line, f"exact“{exact}”与词条“{word}”不是同一个词")
        return exact

    def _false_friends(self, options: dict[str, Part], word: str) -> tuple[str, ...]:
        if "false_friends" not in options:
            return ()
        friends = []
        for part in self._list(options["false_friends"], "false_friends"):
            friend = normal_form(part.value) if isinstance(part.value, str) else ""
            if word not in friend or friend == word:
                self._note(part.line, f"排除词“{friend}”须包含词条“{word}”且更长")
            friends.append(friend)
        return tuple(friends)

    def _mapping(self, part: Part, name: str) -> dict[str, Part]:
        if isinstance(part.value, dict):
            return part.value
        self._note(part.line, f"{name} 须为“键: 值”")
        return {}

    def _list(self, part: Part, name: str) -> list[Part]:
        if isinstance(part.value, list):
            return part.value
        self._note(part.line, f"{name} 须为列表")
        return []

    def _only(self, parts: dict[str, Part], known: set[str]) -> None:
        for key in parts.keys() - known:
            self._note(parts[key].line, f"不认识的键“{key}”")

    def _word(self, parts: dict[str, Part], key: str) -> str:
        part = parts.get(key)
        if part is None:
            return ""
        if isinstance(part.value, str) and part.value:
            return part.value
        self._note(part.line, f"{key} 须为文字")
        return ""

    def _number(self, parts: dict[str, Part], key: str, low: int, high: int) -> int:
        word = self._word(parts, key)
        if word.isascii() and word.isdigit() and low <= int(word) <= high:
            return int(word)
        if word:
            self._note(parts[key].line, f"{key} 须为 {low} 至 {high}，不能是“{word}”")
        return low

    def _one_of(
        self, parts: dict[str, Part], key: str, allowed: tuple[str, ...], default: str
    ) -> str:
        word = self._word(parts, key) or default
        if word in allowed or word == default:
            return word
        self._note(parts[key].line, f"{key} 须为 {'、'.join(allowed)}，不能是“{word}”")
        return default

    def _truth(self, parts: dict[str, Part], key: str) -> bool:
        return self._one_of(parts, key, ("true", "false"), "false") == "true"

    def _note(self, line: int, reason: str) -> None:
        self.problems.append(Problem(file=self._file, line=line, reason=reason))
