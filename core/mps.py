"""Apple's GPUs: what torch lacks on them runs on the CPU."""

import os
from collections.abc import MutableMapping


def set_defaults(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let operations that torch lacks on an Apple GPU run on the CPU, unless the host has set it.

    torch reads the variable once, when it is loaded: call this before. Without it, such an
    operation is an error. Other devices ignore it.

    Args:
        environment: The environment variables, which are changed.
    """
    environment.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
