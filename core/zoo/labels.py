"""Names for a model's classes, from its own config or timm's tables of ImageNet's subsets."""

from collections.abc import Mapping
from functools import cache
from typing import Any


def labels_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """A short name for every class; empty where nothing names them.

    Args:
        config: timm's pretrained config, with `num_classes` and perhaps `label_names` and
            `label_descriptions`.
    """
    from timm.data import infer_imagenet_subset

    names = config.get("label_names")
    if names:
        described = config.get("label_descriptions") or {}
        return tuple(str(described.get(name, name)) for name in names)
    subset = infer_imagenet_subset(dict(config))
    return _imagenet(subset) if subset else ()


@cache
def _imagenet(subset: str) -> tuple[str, ...]:
    from timm.data import ImageNetInfo

    # A synset's lemmas are synonyms, the commonest first: "chickadee", "tench, Tinca tinca".
    return tuple(lemmas.split(",")[0] for lemmas in ImageNetInfo(subset).label_descriptions())
