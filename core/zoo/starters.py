"""Well-known networks to start with, which one click downloads from the hub."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Starter:
    """A well-known network on the hub.

    Attributes:
        name: The name that `load` takes, with its tag.
        title: The name that people know it by.
        text: One plain sentence on what is special about it.
        megabytes: Size of the download, in 10⁶ bytes: the parameters and buffers of the network, so
            that it is known without a network connection.
    """

    name: str
    title: str
    text: str
    megabytes: int


_STARTERS = (
    Starter(
        "resnet50.a1_in1k",
        "ResNet-50",
        "The classic: skip connections made networks of this depth trainable (2015).",
        102,
    ),
    Starter(
        "convnext_tiny.fb_in1k",
        "ConvNeXt-Tiny",
        "A CNN that was modernised step by step with the ideas of transformers (2022).",
        114,
    ),
    Starter(
        "efficientnet_b0.ra_in1k",
        "EfficientNet-B0",
        "An architecture that a search found: high accuracy with few parameters (2019).",
        21,
    ),
    Starter(
        "mobilenetv3_large_100.ra_in1k",
        "MobileNetV3-Large",
        "Made for phones: about a twentieth of the multiply-adds of ResNet-50 (2019).",
        22,
    ),
    Starter(
        "regnety_016.tv2_in1k",
        "RegNetY-1.6GF",
        "A simple, regular design whose widths and depths follow one rule (2020).",
        45,
    ),
    Starter(
        "densenet121.ra_in1k",
        "DenseNet-121",
        "Each layer reads the outputs of all earlier layers of its block (2016).",
        32,
    ),
)


def starters() -> tuple[Starter, ...]:
    """Return six well-known networks of different families, each with weights on the hub."""
    return _STARTERS
