"""Where weights come from: their licence, what they were trained on, and when they appeared."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.zoo.folder_config import MAX_NAME_LENGTH, has_unwanted_characters

# timm's tags name the data sets of the training in its order, "sw_in12k_ft_in1k".
DATA_SETS: Mapping[str, str] = MappingProxyType(
    {
        "in1k": "ImageNet-1k",
        "in12k": "ImageNet-12k",
        "in21k": "ImageNet-21k",
        "inw21k": "ImageNet-W21",
        "in22k": "ImageNet-22k",
        "cc12m": "CC12M",
        "datacomp1b": "DataComp-1B",
        "dfndr2b": "DFNDR-2B",
        "ig1b": "Instagram-1B",
        "jft": "JFT-300M",
        "laion2b": "LAION-2B",
        "laiona": "LAION-Aesthetic",
        "lvd1689m": "LVD-1689M",
        "openai": "OpenAI's pictures with captions",
        "scenes": "drawn scenes",
        "uploads": "a visitor's pictures",
        "yfcc15m": "YFCC-15M",
        "yfcc100m": "YFCC-100M",
    }
)
# How SPDX writes the licences that timm writes in small letters.
LICENSES: Mapping[str, str] = MappingProxyType(
    {
        "apache-2.0": "Apache-2.0",
        "bsd-3-clause": "BSD-3-Clause",
        "mit": "MIT",
        "cc-by-4.0": "CC-BY-4.0",
        "cc-by-nc-4.0": "CC-BY-NC-4.0",
        "unknown": "",
        "other": "",
    }
)
ARXIV = re.compile(r"arXiv:(\d\d)\d\d\.\d+")


def license_name(config: Mapping[str, Any]) -> str:
    """Return the licence that a pretrained config states; empty if it states none."""
    license_id = _text(config.get("license"))
    return LICENSES.get(license_id.lower(), license_id)


def training_data(config: Mapping[str, Any]) -> str:
    """Return the data sets that the tag of a pretrained config names, in the order of the training.

    Args:
        config: timm's pretrained config.

    Returns:
        For example "ImageNet-22k, then ImageNet-1k"; empty if the tag names no known data set.
    """
    tokens = _text(config.get("tag")).split("_")
    names = dict.fromkeys(DATA_SETS[token] for token in tokens if token in DATA_SETS)
    return ", then ".join(names)


def description(config: Mapping[str, Any]) -> str:
    """Return the description that a pretrained config states, if it can be a title; else empty.

    A title has no slash; see `zoo.distinct_titles`.
    """
    text = _text(config.get("description"))
    return "" if "/" in text else text.strip()


def paper_year(config: Mapping[str, Any]) -> str:
    """Return the year of the paper that a pretrained config names; empty if it names none."""
    papers = config.get("paper_ids")
    match = ARXIV.match(_text(papers[0] if isinstance(papers, tuple | list) and papers else papers))
    return f"20{match.group(1)}" if match else ""


def _text(value: object) -> str:
    """Return a value of a config that anyone may have written, if it is a short text."""
    usable = isinstance(value, str) and len(value) <= MAX_NAME_LENGTH
    return value if isinstance(value, str) and usable and not has_unwanted_characters(value) else ""
