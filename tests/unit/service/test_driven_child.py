"""What the bench makes of a child's reports."""

from crawler.domain.capture import Outcome
from crawler.service.pipes import Report
from tests.bench.driving import Driven
from tests.builders import a_capture


def test_a_silent_host_costs_no_page_its_time_but_counts_as_a_site() -> None:
    came = ((10.0, Outcome.SEEN), (11.0, Outcome.SEEN), (12.0, Outcome.SEEN))
    done = Driven()

    for at_s, outcome in (*came, (19.0, Outcome.TIMED_OUT)):
        report = Report(visit_id=1, captures=(a_capture(outcome=outcome),))
        done.take(report, cpu_s=1.0 * done.attempts, at_s=at_s)

    assert (done.pages, done.attempts) == (3, 4)
    assert done.per_s == 1.0
    assert done.cpu_ms == 1_000.0
    assert done.attempts_per_s == 3 / 9
    assert done.outcomes == {"seen": 3, "timed_out": 1}
