"""Python reads this at its start where the folder is in PYTHONPATH: programs that tests start then
keep their stores in PostgreSQL as the tests themselves do. Workers, which may know nothing of a
database, are not given its address and stay as they are.
"""

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Store:
    """Finds one module like everybody else, and changes where its stores lie."""

    @classmethod
    def find_spec(cls, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name != "crawler.store.database":
            return None
        spec = PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                run(module)
                from tests.servers.elsewhere import elsewhere

                module.make_url = elsewhere  # type: ignore[attr-defined]

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if os.environ.get("XUNWANG_TEST_POSTGRES"):
    sys.meta_path.insert(0, _Store)  # type: ignore[arg-type]
