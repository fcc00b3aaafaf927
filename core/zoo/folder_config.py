"""Read and check the config.json of a folder in timm's hub layout."""

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.zoo.bounded_json import parse_bounded, read_bounded
from core.zoo.errors import WeightsUnavailable
from core.zoo.model_args import check_model_args

CONFIG = "config.json"
# Largest config, in bytes. The labels and definitions of ImageNet-22k take 2.6 MB.
MAX_CONFIG_BYTES = 3_000_000
# The largest number of classes in timm is 21,843.
MAX_CLASSES = 50_000
MAX_LABEL_LENGTH, MAX_NAME_LENGTH = 500, 100  # characters
# Channels of a picture: red, green and blue.
RGB = 3
# The largest side of an input, in pixels; timm's largest is 800.
MAX_SIDE = 1024
# Colours range from 0 to 1, in some configs from 0 to 255.
MAX_MEAN, MIN_STD, MAX_STD = 1000, 1e-4, 1000
# A picture is resized to the input's side divided by this share.
MIN_CROP, MAX_CROP = 0.25, 2
CHOICES = {
    "interpolation": ("nearest", "bilinear", "bicubic", "box", "hamming", "lanczos"),
    "crop_mode": ("center", "squash", "border"),
}
# timm's own reader also moves these keys of the file into the pretrained config.
KEYS_OUTSIDE_PRETRAINED_CFG = ("num_classes", "label_names", "label_descriptions")
# Control characters; halves of surrogate pairs, which can't be sent to a browser; and marks that
# reverse the direction of the text after them.
UNWANTED_CHARACTERS = frozenset(
    chr(code)
    for first, last in [(0, 0x1F), (0x7F, 0x9F), (0xD800, 0xDFFF), (0x202A, 0x202E),
                        (0x2066, 0x2069)]
    for code in range(first, last + 1)
)  # fmt: skip


def read_folder_config(name: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """Read the architecture and timm's pretrained config from a model folder.

    The arguments of the architecture are in the config under `model_args`.

    Every value that Zooscope or timm's constructors use is within bounds, so that one folder can
    neither break nor slow down the pages of the others.

    Args:
        name: The model's name, for the error message.
        folder: The folder that contains config.json.

    Raises:
        WeightsUnavailable: The file can't be read, is not in timm's hub layout, or has a value out
            of bounds, or the network's input has other channels than red, green and blue.
    """
    try:
        content = parse_bounded(read_bounded(folder / CONFIG, MAX_CONFIG_BYTES))
        architecture = content["architecture"]
        moved = {key: content[key] for key in KEYS_OUTSIDE_PRETRAINED_CFG if key in content}
        config = content["pretrained_cfg"] | moved
        arguments = content.get("model_args", {})
        _check_text("architecture", architecture, MAX_NAME_LENGTH)
        _check_classes(config)
        _check_channels(name, config, arguments)
        _check_preprocessing(config)
        check_model_args(arguments, config.get("num_classes"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        # The message of an OSError has the path, which is nobody's business.
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise WeightsUnavailable(
            f"{name} has no {CONFIG} in timm's hub layout ({type(error).__name__}: {reason})."
            " Write the folder with timm.models.save_for_hf."
        ) from error
    return architecture, config | {"model_args": arguments}


def has_unwanted_characters(text: str) -> bool:
    """Return whether a text has control characters or others that break a page."""
    return not UNWANTED_CHARACTERS.isdisjoint(text)


def wrong_channels(name: str, channels: int) -> str:
    """Return why a model whose input has this number of channels is not opened."""
    return (
        f"The input of {name} has {channels} channel{'s' * (channels != 1)}, but pictures have"
        f" {RGB}: red, green and blue. Choose a model with in_chans={RGB}."
    )


def _check_channels(name: str, config: Mapping[str, Any], arguments: object) -> None:
    """Refuse a network whose input is no RGB picture, for that reason and not for its layout."""
    size = _list("input_size", config, [3])
    from_arguments = arguments.get("in_chans") if isinstance(arguments, dict) else None
    for channels in (size[0] if size else None, from_arguments):
        if channels is not None:
            _check_number("the number of input channels", channels, 1, MAX_SIDE, whole=True)
            if channels != RGB:
                raise WeightsUnavailable(wrong_channels(name, channels))


def _check_classes(config: Mapping[str, Any]) -> None:
    """Check the number of classes, their names, and the descriptions of the names."""
    count = config.get("num_classes")
    if count is not None:
        _check_number("num_classes", count, 0, MAX_CLASSES, whole=True)
    names = _list("label_names", config, range(MAX_CLASSES + 1)) or []
    descriptions = config.get("label_descriptions") or {}
    if not isinstance(descriptions, dict) or len(descriptions) > MAX_CLASSES:
        raise TypeError(f"label_descriptions is {reprlib.repr(descriptions)}")
    for label in [*names, *descriptions.values()]:
        # Numbers count as names: some data sets have nothing else.
        text = str(label) if isinstance(label, int) and not isinstance(label, bool) else label
        _check_text("a label", text, MAX_LABEL_LENGTH)


def _check_preprocessing(config: Mapping[str, Any]) -> None:
    """Check how the input is made from a picture."""
    size = _list("input_size", config, [3])
    if size is not None:
        for side in size[1:]:
            _check_number("a side of input_size", side, 1, MAX_SIDE, whole=True)
    for mean in _list("mean", config, [3]) or []:
        _check_number("a value of mean", mean, -MAX_MEAN, MAX_MEAN)
    for std in _list("std", config, [3]) or []:
        _check_number("a value of std", std, MIN_STD, MAX_STD)
    if config.get("crop_pct") is not None:
        _check_number("crop_pct", config["crop_pct"], MIN_CROP, MAX_CROP)
    for key, choices in CHOICES.items():
        if config.get(key) is not None and config[key] not in choices:
            raise ValueError(
                f"{key} is {reprlib.repr(config[key])}; choose one of {', '.join(choices)}"
            )


def _list(key: str, config: Mapping[str, Any], lengths: range | list[int]) -> list[Any] | None:
    """Return a list of one of these lengths; None if the config leaves it out."""
    values = config.get(key)
    if values is None:
        return None
    if not isinstance(values, list):
        raise TypeError(f"{key} is {reprlib.repr(values)}, not a list")
    if len(values) not in lengths:
        raise ValueError(f"{key} is {reprlib.repr(values)}, of length {len(values)}")
    return values


def _check_number(name: str, value: object, low: float, high: float, whole: bool = False) -> None:
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not number:
        raise TypeError(f"{name} is {reprlib.repr(value)}, not a{' whole' * whole} number")
    if not low <= value <= high:  # type: ignore[operator]
        raise ValueError(f"{name} is {reprlib.repr(value)}, not between {low} and {high}")


def _check_text(name: str, value: object, longest: int) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} is {reprlib.repr(value)}, not a text")
    if len(value) > longest or has_unwanted_characters(value):
        raise ValueError(
            f"{name} is {reprlib.repr(value)}; it may have {longest} characters and no control"
            " characters"
        )
