"""Class labels from a model's own config or from timm's tables of ImageNet's subsets."""

from collections.abc import Mapping
from functools import cache
from typing import Any


def class_labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a short label for every class.

    Args:
        config: timm's pretrained config, with `num_classes` and optionally `label_names` and
            `label_descriptions`.

    Returns:
        The labels in the order of the classes; empty if neither the config nor timm names them.
    """
    from timm.data import infer_imagenet_subset

    names = config.get("label_names")
    if names:
        descriptions = config.get("label_descriptions") or {}
        return tuple(str(descriptions.get(name, name)) for name in names)
    subset = infer_imagenet_subset(dict(config))
    return _imagenet_labels(subset) if subset else ()


@cache
def _imagenet_labels(subset: str) -> tuple[str, ...]:
    from timm.data import ImageNetInfo

    # A synset's lemmas are synonyms, the commonest first: "chickadee", "tench, Tinca tinca".
    return tuple(lemmas.split(",")[0] for lemmas in ImageNetInfo(subset).label_descriptions())
