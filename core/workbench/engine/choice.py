"""Chooses the engine that runs jobs by the setting ZOOSCOPE_ENGINE."""

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.settings import BadSetting
from core.workbench.engine.local import LocalEngine
from core.workbench.engine.protocol import Engine

# Engines by their name in ZOOSCOPE_ENGINE. Each is made from the local engine, which always runs
# the background tasks of this server, and to which it may hand recipes.
ENGINES: Mapping[str, Callable[[LocalEngine], Engine]] = MappingProxyType(
    {"local": lambda local: local}
)


def choose_engine(local: LocalEngine, environment: Mapping[str, str] = os.environ) -> Engine:
    """Return the engine that ZOOSCOPE_ENGINE names; the local engine if it is unset or empty.

    Raises:
        BadSetting: ZOOSCOPE_ENGINE names no engine.
    """
    name = environment.get("ZOOSCOPE_ENGINE") or "local"
    if name not in ENGINES:
        known = ", ".join(ENGINES)
        raise BadSetting(f"ZOOSCOPE_ENGINE is {name!r}; choose one of: {known}.")
    return ENGINES[name](local)
