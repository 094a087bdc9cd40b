"""A small web of made-up homepages on loopback: the demo's web and the tests' web."""

from tests.site.sentinel import Sentinel
from tests.site.server import Asked, Site

__all__ = ["Asked", "Sentinel", "Site"]
