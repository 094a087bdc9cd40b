"""Name servers that answer nobody are waited for a few times, then hardly, then tried again."""

from crawler.fetching.dialling import Silence

USUAL_S = 3.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_who_asks_after_three_that_waited_in_vain_waits_hardly() -> None:
    silence = Silence(Clock())

    waited = []
    for _ in range(20):
        waited.append(silence.patience(USUAL_S))
        silence.lasts()

    assert waited[:3] == [USUAL_S] * 3
    assert max(waited[3:]) < 0.5
    assert Silence(Clock()).patience(0.1) == 0.1  # never longer than is usual


def test_an_answer_ends_it_and_so_does_time() -> None:
    clock = Clock()
    silence = Silence(clock)
    for _ in range(3):
        silence.lasts()
    assert silence.patience(USUAL_S) < USUAL_S

    silence.is_broken()
    assert silence.patience(USUAL_S) == USUAL_S

    for _ in range(3):
        silence.lasts()
    clock.now += 61
    assert silence.patience(USUAL_S) == USUAL_S  # one asks them anew
    silence.lasts()
    assert silence.patience(USUAL_S) < USUAL_S
