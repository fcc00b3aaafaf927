"""Import timm and torchvision without torch's compiler. See `core.torch_compiler`.

Importing this module imports timm.
"""

import importlib
import sys

from core.torch_compiler import without_compiler


def import_timm() -> None:
    """Import timm and torchvision; load the compiler only if they need more of it than usual."""
    if any(name in sys.modules for name in ("timm", "torchvision")):
        return
    with without_compiler():
        importlib.import_module("timm")


import_timm()
