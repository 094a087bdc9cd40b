"""How an attempt fails on its way: an outcome of the closed list, with the reason for an
officer.
"""

from crawler.domain.capture import Exchange, Outcome


class Trouble(Exception):
    """No answer could be had; the attempt ends with this outcome. `exchange` is what was said
    before it, if anything was.
    """

    def __init__(self, outcome: Outcome, reason: str, exchange: Exchange | None = None) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.exchange = exchange
