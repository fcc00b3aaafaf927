"""The network of the textbooks: blocks of convolution, ReLU and max-pooling, then a dense layer.

timm does not have it. A folder in timm's hub layout describes it as the architecture "textbook";
`model_args` states the number of blocks, and the pretrained config the input size and the classes.
"""

from collections import OrderedDict

from torch import nn

TEXTBOOK = "textbook"
MIN_BLOCKS, MAX_BLOCKS = 1, 5
# Channels of the blocks.
CHANNELS = (8, 16, 32, 64, 64)


class TextbookNetwork(nn.Sequential):
    """Blocks of convolution, ReLU and max-pooling, then a dense layer whose outputs are logits.

    Args:
        blocks: Number of blocks, 1 to 5. Each halves height and width.
        size: Side of the pictures in pixels.
        classes: Number of outputs.

    Raises:
        ValueError: There is no network with these numbers.
    """

    def __init__(self, blocks: int, size: int, classes: int):
        if isinstance(blocks, bool) or blocks not in range(MIN_BLOCKS, MAX_BLOCKS + 1):
            raise ValueError(f"blocks is {blocks!r}, not a whole number from 1 to {MAX_BLOCKS}")
        if size < 2**blocks:
            raise ValueError(f"pictures of {size} pixels are too small for {blocks} blocks")
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        channels = 3
        for number, width in enumerate(CHANNELS[:blocks], start=1):
            layers[f"conv{number}"] = nn.Conv2d(channels, width, 3, padding=1)
            layers[f"relu{number}"] = nn.ReLU()
            layers[f"pool{number}"] = nn.MaxPool2d(2)
            channels = width
        layers["flatten"] = nn.Flatten()
        layers["dense"] = nn.Linear(channels * (size // 2**blocks) ** 2, classes)
        super().__init__(layers)

    def get_classifier(self) -> nn.Module:
        """Return the layer that computes the logits, as timm's networks do."""
        return self.get_submodule("dense")


def window(blocks: int) -> int:
    """Return the side of the window that a channel sees after some blocks, in pixels."""
    side = distance = 1  # distance of two neighbouring positions
    for _ in range(blocks):
        side += 2 * distance  # convolution, 3 × 3
        side += distance  # pooling, 2 × 2
        distance *= 2
    return side
