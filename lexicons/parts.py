"""Parts of a word list read as what they must be; whatever is wrong is noted with its line, and the
reading goes on.
"""

from lexicons.documents import NUMBER, Misread, Part, Problem
from lexicons.normalising import normal_form

LONGEST_WORD = 40


class PartReader:
    """Reads the parts of one file, collecting its problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def mapping(self, part: Part, name: str) -> dict[str, Part]:
        """A mapping; none of it where it is something else."""
        if isinstance(part.value, dict):
            return part.value
        self.note(part.line, f"{name} 须为“键: 值”")
        return {}

    def items(self, part: Part, name: str) -> list[Part]:
        """A list; empty where it is something else."""
        if isinstance(part.value, list):
            return part.value
        self.note(part.line, f"{name} 须为列表")
        return []

    def only(self, parts: dict[str, Part], known: set[str]) -> None:
        """Note keys that nobody would read."""
        for key in parts.keys() - known:
            self.note(parts[key].line, f"不认识的键“{key}”")

    def needed(self, parts: dict[str, Part], keys: tuple[str, ...], line: int) -> bool:
        """Whether all keys are there; notes those that are not."""
        missing = [key for key in keys if key not in parts]
        for key in missing:
            self.note(line, f"缺少 {key}")
        return not missing

    def word(self, parts: dict[str, Part], key: str) -> str:
        """The text under a key; empty where there is none."""
        part = parts.get(key)
        if part is None:
            return ""
        if isinstance(part.value, str) and part.value:
            return part.value
        self.note(part.line, f"{key} 须为文字")
        return ""

    def number(self, parts: dict[str, Part], key: str, low: int, high: int) -> int:
        """A whole number under a key, within limits."""
        word = self.word(parts, key)
        if word.isascii() and word.isdigit() and low <= int(word) <= high:
            return int(word)
        if word:
            self.note(parts[key].line, f"{key} 须为 {low} 至 {high}，不能是“{word[:20]}”")
        return low

    def figure(
        self, parts: dict[str, Part], key: str, otherwise: float = 0.0, least: float = 0.0
    ) -> float:
        """A number of at least so much, under a key."""
        word = self.word(parts, key)
        if NUMBER.fullmatch(word) and float(word) >= least:
            return float(word)
        if word:
            self.note(parts[key].line, f"{key} 须为不小于 {least:g} 的数，不能是“{word[:20]}”")
        return otherwise

    def one_of(
        self, parts: dict[str, Part], key: str, allowed: tuple[str, ...], default: str
    ) -> str:
        """One of some words under a key."""
        word = self.word(parts, key) or default
        if word in allowed or word == default:
            return word
        self.note(parts[key].line, f"{key} 须为 {'、'.join(allowed)}，不能是“{word[:20]}”")
        return default

    def truth(self, parts: dict[str, Part], key: str) -> bool:
        """Yes or no under a key; no where it is not there."""
        return self.one_of(parts, key, ("true", "false"), "false") == "true"

    def phrase(self, part: Part, signs: str) -> str:
        """A word that is looked for, in normal form; empty where it is none. `signs` are those that
        only a pattern has.
        """
        if not isinstance(part.value, str):
            self.note(part.line, "此处须为一个词")
            return ""
        written, word = part.value, normal_form(part.value)
        if not word.strip():
            self.note(part.line, f"“{written[:20]}”归一化后为空")
        elif len(word) > LONGEST_WORD:
            self.note(part.line, f"“{written[:20]}”过长，至多 {LONGEST_WORD} 字")
        elif found := set(signs).intersection(word):
            self.note(part.line, f"“{written[:20]}”含 {min(found)}：词是原文，不支持正则")
        else:
            return word
        return ""

    def refuse_faults(self) -> None:
        """Misread if anything was noted."""
        if self.problems:
            raise Misread(*self.problems)

    def note(self, line: int, reason: str) -> None:
        """One more fault."""
        self.problems.append(Problem(file=self.file, line=line, reason=reason))
