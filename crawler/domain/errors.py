"""The four errors of the house, named by what the caller does next. A page that is down is none:
it is a Capture.
"""


class WatchError(Exception):
    """Something the caller must decide about."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or "")


class TryLater(WatchError):
    """The same call may succeed later."""


class StoreAway(TryLater):
    """The database server does not answer; it may be back in a moment."""


class GiveUp(WatchError):
    """The same call will never succeed."""


class NotAllowed(WatchError):
    """This actor may not do this, or the state does not permit it."""


class BadInput(WatchError):
    """What came in cannot be used; the message says what and where, in one line."""
