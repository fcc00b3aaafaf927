"""Check the arguments with which a folder's config asks timm to build its architecture."""

import reprlib
from collections.abc import Iterator
from typing import Any

# Bounds on what timm's constructors loop over before they create the first tensor. The largest
# numbers in use are sides of inputs, widths of layers (2,048) and counts of blocks.
MAX_NUMBER = 4096
MAX_TEXT_LENGTH = 100
MAX_VALUES = 500
# Arguments that change where and how weights are loaded rather than what is built. timm writes
# none of them into a config.
FORBIDDEN = frozenset(
    {"cache_dir", "checkpoint_path", "device", "dtype", "feature_cfg", "feature_cls",
     "features_only", "kwargs_filter", "model_cfg", "no_jit", "exportable", "pruned", "scriptable"}
)  # fmt: skip


def check_model_args(arguments: object, num_classes: int | None) -> None:
    """Check the value of `model_args` before timm sees it.

    Args:
        arguments: The value.
        num_classes: The number of classes that the rest of the config states.

    Raises:
        TypeError: It is not an object of texts, numbers and lists.
        ValueError: It has too many values, a value is too large, or an argument is not accepted.
    """
    if not isinstance(arguments, dict):
        raise TypeError(f"model_args is {reprlib.repr(arguments)}, not an object")
    for key in arguments:
        if key in FORBIDDEN or key.startswith("pretrained"):
            raise ValueError(f"model_args has {reprlib.repr(key)}, which is not accepted")
    # Both describe the same classifier; the number of outputs is the number of labels.
    if arguments.get("num_classes", num_classes) != num_classes:
        raise ValueError(f"model_args has num_classes other than {num_classes}")
    rest = {key: value for key, value in arguments.items() if key != "num_classes"}
    for index, value in enumerate(_values(rest)):
        if index >= MAX_VALUES:
            raise ValueError(f"model_args has more than {MAX_VALUES} values")
        if isinstance(value, str) and len(value) > MAX_TEXT_LENGTH:
            raise ValueError(f"model_args has the text {reprlib.repr(value)}")
        if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
            raise ValueError(f"model_args has the number {reprlib.repr(value)}")


def _values(nested: Any) -> Iterator[Any]:
    """Yield all keys and values inside nested lists and objects."""
    if isinstance(nested, dict):
        for key, value in nested.items():
            yield key
            yield from _values(value)
    elif isinstance(nested, list):
        for value in nested:
            yield from _values(value)
    else:
        yield nested
