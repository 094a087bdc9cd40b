"""How an attempt fails on its way: an outcome of the closed list, with the reason for an
officer.
"""

from crawler.domain.capture import Outcome


class Trouble(Exception):
    """No answer could be had; the attempt ends with this outcome."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
