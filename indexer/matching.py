"""Does one text answer a question? The same answer as the engines give, without an index."""

from crawler.domain.capture import PageText
from indexer.querying import Part, Phrase, Question
from indexer.wording import comparable, is_han, pairs_of, stretches_of


def answers(text: PageText, question: Question) -> bool:
    """Whether one of the alternatives holds. A part stands within one field."""
    if question.anything:
        return True
    folded = [comparable(field.text) for field in text.fields]
    return any(
        all(_holds(folded, phrase) is not phrase.excluded for phrase in phrases)
        for phrases in question.alternatives
    )


def _holds(fields: list[str], phrase: Phrase) -> bool:
    return all(any(_stands_in(field, part) for field in fields) for part in phrase.parts)


def _stands_in(field: str, part: Part) -> bool:
    if not all(stretch in field for stretch in part):
        return False  # cheap, and nearly always the end of it
    if len(part) == 1 and is_han(part[0]):
        return True
    # what stands between two runs of Han characters must part them, as it does in the index
    pairs, wanted = pairs_of(stretches_of(field)), pairs_of(part)
    return any(pairs[at : at + len(wanted)] == wanted for at in range(len(pairs) - len(wanted) + 1))
