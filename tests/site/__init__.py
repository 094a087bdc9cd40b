"""A small web of made-up homepages on loopback: the demo's web and the tests' web."""

from tests.site.sentinel import Sentinel
from tests.site.server import Asked, Site
from tests.site.truth import Expected, truth

__all__ = ["Asked", "Expected", "Sentinel", "Site", "truth"]
