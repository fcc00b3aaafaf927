"""Many pictures through a network: made ready for it, and looked at on their way."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from core import probe
from core.cores import on_one_core
from core.probe import Probe, Take
from core.sets import PictureSet
from core.visualize import LOGITS
from core.zoo import Model


@dataclass(frozen=True)
class Batch(Sequence[Image.Image]):
    """Some pictures of a set, each read when it is taken.

    Attributes:
        chosen: The set.
        indices: Which of it.
        size: Side of drawn ones in pixels.
    """

    chosen: PictureSet
    indices: Sequence[int]
    size: int

    def __len__(self) -> int:
        """How many there are."""
        return len(self.indices)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        """Read one; slices are not needed."""
        return self.chosen.image(self.indices[index], self.size)


def pictures(m: Model, chosen: PictureSet, runs: Iterable[Sequence[int]]) -> Iterator[Batch]:
    """Batches of a set, by the pictures' numbers; drawn ones as large as the network wants."""
    size = max(m.input_size[1:])
    return (Batch(chosen, run, size) for run in runs)


def inputs(
    m: Model, batches: Iterable[Sequence[Image.Image]]
) -> Iterator[Float[Tensor, "n c h w"]]:
    """What the network is fed for these pictures: `m.preprocess` of each batch.

    As many pictures are read, resized and cropped at once as there are cores, and none is held
    longer. Not while the network works on the batch before: on a CPU both take the same cores, and
    it is no quicker. On a GPU it might be; that is not measured.
    """
    with ThreadPoolExecutor(torch.get_num_threads(), "reader", on_one_core) as readers:
        for batch in batches:
            crop = partial(_cropped, m, batch.__getitem__)
            pixels = np.stack(list(readers.map(crop, range(len(batch)))))
            colours = torch.from_numpy(pixels).to(m.device).permute(0, 3, 1, 2).contiguous()
            yield m.preprocessing.normalised(colours.float() / 255)


def seen(
    m: Model, x: Float[Tensor, "n c h w"], layers: Sequence[str], take: Take
) -> dict[str, Tensor]:
    """What is taken of each layer's activation, in one forward pass that ends where it may.

    Args:
        m: The network.
        x: Its input.
        layers: Their names; "logits" for the network's output.
        take: What to keep of an activation, channels first, as a tensor of its own.

    Raises:
        UnknownLayer: No such layer.
    """
    inner = [name for name in layers if name != LOGITS]
    whole = LOGITS in layers
    wanted = probe.find(m.layers, inner)
    with (
        m.borrow() as net,
        torch.no_grad(),
        Probe(net, wanted, not whole, take) as running,
    ):
        output = running.run(x)
        found = dict(running.activations)
        if whole:
            found[LOGITS] = take(output)
    return {name: found[name] for name in layers}


def _cropped(
    m: Model, read: Callable[[int], Image.Image], index: int
) -> UInt8[np.ndarray, "h w 3"]:
    return np.asarray(m.preprocessing.crop(read(index)))
