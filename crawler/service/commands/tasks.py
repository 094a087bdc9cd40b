"""`deliver`, `replay`, `outbox`: what leaves the house."""

from typing import Annotated

import msgspec
import typer

from crawler.domain.errors import BadInput
from crawler.service.doors import Door, now
from crawler.service.showing import as_json, say, table
