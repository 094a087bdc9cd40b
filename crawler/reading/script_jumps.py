"""Whether a page's own scripts lead its visitor away by themselves: not what waits for a click, and
not what tells phones from desktops, which a desktop's browser would not show either.

Nothing is run: braces are followed, as far as that tells who calls. What scripts of other files do,
or hide in codes, stays unseen here; the album's picture shows it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

_MOST_SCRIPT = 100_000
_MOST_JUMPS = 40  # of one script, and calls of one function in it
_DEEPEST = 40
_MOST = 200  # of a page
_MOST_NAMES = 50  # functions of which it is asked who calls them
_NEAR = 300  # characters in which what opens a block says what it is
_JUMP = re.compile(  # begins with a word, so that it is looked for fast
    r"location(?:\s*(?:\.\s*href\s*|\[\s*[\"']href[\"']\s*\]\s*)?=(?!=)|"
    r"\s*\.\s*(?:replace|assign)\s*\(|"
    r"[\"']\s*\]\s*(?:\.\s*href\s*|\[[^\]]{1,40}\]\s*)?=(?!=))"
)
# how the address is spoken of, not a name of the page's own
_ITS_ADDRESS = re.compile(
    r"(?:(?<![\w$.])(?:window|self|top|parent|document|this)\s*\.\s*|\[\s*[\"']|(?<![\w$.\"']))$"
)
_DECLARED = re.compile(r"\b(?:var|let|const|function)\s+$")  # a name of the page's own
_AT_LOAD = re.compile(
    r"on(?:load|error)\s*=\s*[\"'][^\"'<>]{0,200}?location(?:\.href)?\s*"
    r"(?:=(?!=)|\.(?:replace|assign)\s*\()"
)
_NOT_RUN = re.compile(r"\bsrc\s*=|json|template|x-handlebars", re.IGNORECASE)
# strings, comments, regular expressions, in which no brace counts; each ends somewhere, so that
# none is looked for twice
_QUOTED = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|`(?:\\.|[^`\\])*`?|"
    r"(?<=[=(,:!&|?])\s*/(?![/*])(?:\\.|[^/\\\n]){1,500}/",
    re.DOTALL,
)
_BRACE = re.compile("[{}]")
_NAMES = frozenset({"location", "href", "replace", "assign"})  # as in window['location']
# leads nowhere, or is no address
_HERE = re.compile(
    r"\s*(?:[\"'](?:#|javascript:|\s*[\"'])|\d|(?:(?:window|self|document|top)\s*\.\s*)?location\s*"
    r"(?:\.\s*href\s*)?[;,)}\n])"
)
_DEVICE = re.compile(
    r"user_?agent|platform|mobile|phone|android|ipad|ipod|\bios\b|\bua\b|\bwap|touch|width|screen|"
    r"msie|isie|trident|browser|weixin|wechat|micromessenger|orientation",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(r"!\s*[/(\w]|[=!]==?\s*-1|<\s*0|==\s*(?:null|false)")
# framed by others; asked with something behind the address; not yet encrypted
_OWN_PLACE = re.compile(
    r"\btop\b|\bparent\b|\bself\b|frameElement|protocol|hash|search|query|https"
)
_CALLS = {  # what stands before a function's name: where it is called, where it is passed on
    True: re.compile(r"(?<![\w$.])(?<!function )$"),
    False: re.compile(r"(?:\(|onload\s*=)\s*$"),
}
_TEST = re.compile(r"\bif\b|\?|&&|\|\|")
_NAMED = re.compile(
    r"function\s+([\w$]+)\s*\([^)]*\)\s*$|"
    r"([\w$]+)\s*=\s*(?:async\s*)?(?:function\s*\([^)]*\)|\([^)]*\)\s*=>)\s*$"
)
_ANONYMOUS = re.compile(r"(?:function\s*[\w$]*\s*\([^)]*\)|(?:\([^)]*\)|[\w$]+)\s*=>)\s*$")
_METHOD = re.compile(r"[\w$]+\s*\([^)]*\)\s*$")
_BLOCK = re.compile(r"\b(?:if|for|while|switch|catch|with)\s*\(")
_RUNS = re.compile(
    r"(?:setTimeout|setInterval|requestAnimationFrame|ready|then|done|success|each|forEach|"
    r"getJSON|\bget|\bpost|ajax|\$|jQuery)\s*[:=(]\s*(?:[^(){}]{0,200},)?\s*$|onload\s*=\s*$|"
    r"[\"'](?:DOMContentLoaded|load|pageshow|readystatechange)[\"']\s*,\s*$|"
    r"(?:^|[;,=&|!?({}\s])[(!+~-]\s*(?:async\s*)?$|\b(?:void|new|return)\s*(?:async\s*)?$"
)


@dataclass
class _Source:
    """One script: as it stands, with its strings blanked, and which braces hold what."""

    text: str

    @cached_property
    def bare(self) -> str:
        """The script with its strings blanked, so that each brace counts."""
        return _QUOTED.sub(_blanked, self.text)

    @cached_property
    def _blocks(self) -> tuple[list[int], list[int], dict[int, int]]:
        """Where braces stand, the innermost that is open behind each, and which is around which;
        -1 is none.
        """
        places, inside, around = [0], [-1], dict[int, int]()
        for brace in _BRACE.finditer(self.bare):
            places.append(brace.end())
            if brace[0] == "{":
                around[brace.start()] = inside[-1]
                inside.append(brace.start())
            else:
                inside.append(around.get(inside[-1], -1))
        return places, inside, around

    def around(self, place: int) -> Iterator[int]:
        """The braces that are open there, from inside out, as far as anybody writes them."""
        places, inside, around = self._blocks
        brace = inside[bisect_right(places, place) - 1]
        for _ in range(_DEEPEST):
            if brace < 0:
                return
            yield brace
            brace = around[brace]

    def before(self, place: int) -> str:
        """The statement so far, as it stands."""
        near = self.bare[max(0, place - _NEAR) : place]
        begins = max(near.rfind(one) for one in ";{}") + 1
        return self.text[place - len(near) + begins : place]


def leads_away(html: str, lower: str) -> bool:
    """Whether one of its scripts changes the address as the page is shown; `lower` is the page in
    small letters, as long as itself.
    """
    if "location" not in html:
        return False
    if _AT_LOAD.search(html):
        return True
    found = (text[:_MOST_SCRIPT] for text in _scripts(html, lower))
    return _Scripts(html, [_Source(text) for text in found]).lead_away()


@dataclass
class _Scripts:
    """All scripts of a page; a function of one may be called by another."""

    html: str
    sources: list[_Source]
    _asked_of: set[str] = field(default_factory=set)  # functions, each once

    def lead_away(self) -> bool:
        """Whether one of their jumps is made without anybody's doing."""
        jumps = (
            (source, place)
            for source in self.sources
            if "location" in source.text and _JUMP.search(source.text)
            for place in _jumps(source)
        )
        return any(self._runs(*jump) for jump in islice(jumps, _MOST))

    def _runs(self, source: _Source, place: int) -> bool:
        if _is_put_off(source.before(place)):
            return False
        for brace in source.around(place):
            header = source.before(brace)
            if _is_put_off(header):
                return False
            function = _ANONYMOUS.search(header)
            if function and _RUNS.search(header[: function.start()]):
                continue
            if named := _NAMED.search(header):
                return self._is_called(named[1] or named[2])
            if function or (_METHOD.search(header) and not _BLOCK.search(header)):
                return False
        return True

    def _is_called(self, name: str) -> bool:
        if name in self._asked_of or len(self._asked_of) == _MOST_NAMES:
            return False
        self._asked_of.add(name)
        word = re.escape(name)
        if re.search(rf"onload\s*=\s*[\"'][^\"'<>]{{0,200}}\b{word}\b", self.html):
            return True
        if re.search(rf"set(?:Timeout|Interval)\s*\(\s*[\"']{word}\b", self.html):
            return True
        call = re.compile(rf"{word}\s*[(,;)]")
        return any(
            self._runs(source, site.start())
            for source in self.sources
            if name in source.text
            for site in islice(call.finditer(source.bare), _MOST_JUMPS)
            if _CALLS[site[0][-1] == "("].search(
                source.bare[max(0, site.start() - 30) : site.start()]
            )
        )


def _scripts(html: str, lower: str) -> Iterator[str]:
    """What stands in the page's own scripts; not those of other files, nor for old browsers alone,
    nor mere data.
    """
    at = lower.find("<script")
    old, old_ends = lower.find("<!--[if"), 0
    while at >= 0:
        while 0 <= old < at:
            ends = lower.find("-->", old)
            old_ends = ends if ends >= 0 else len(html)
            old = lower.find("<!--[if", old_ends)
        if at < old_ends:
            at = lower.find("<script", old_ends)
            continue
        begins = lower.find(">", at) + 1
        ends = lower.find("</script", begins) if begins else -1
        if ends < 0:
            ends = len(html)
        if begins and not _NOT_RUN.search(lower[at:begins]):
            yield html[begins:ends]
        at = lower.find("<script", ends)


def _jumps(source: _Source) -> Iterator[int]:
    for jump in islice(_JUMP.finditer(source.bare), _MOST_JUMPS):
        before = source.bare[max(0, jump.start() - 30) : jump.start()]
        spoken_of = _ITS_ADDRESS.search(before) and not _DECLARED.search(before)
        if spoken_of and not _HERE.match(source.text, jump.end()):
            yield jump.start()


def _is_put_off(statement: str) -> bool:
    """Whether it depends on what is no desktop's first look at the homepage."""
    if not _TEST.search(statement):
        return False
    if _OWN_PLACE.search(statement):
        return True
    return bool(_DEVICE.search(statement)) and not _OTHERWISE.search(statement)


def _blanked(found: re.Match[str]) -> str:
    inside = found[0].strip()[1:-1]
    return found[0] if inside in _NAMES else " " * len(found[0])
