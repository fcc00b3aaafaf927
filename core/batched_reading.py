"""Feed many pictures to a network in batches, and read the activations of its layers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from core.layers import LOGITS, find_layers
from core.probe import Probe, Take
from core.sets import PictureSet
from core.threads import limit_to_one_thread
from core.zoo import Model
from core.zoo.precision import FLOAT32, running_in

# Seconds that a computation waits for its pictures before others have a turn.
READING_TURN = 0.2


@dataclass(frozen=True)
class Batch(Sequence[Image.Image]):
    """A batch of pictures of a set; each picture is read or drawn when it is accessed.

    Attributes:
        picture_set: The set.
        indices: Indices of the batch's pictures in the set.
        size: Side in pixels of pictures that are drawn.
    """

    picture_set: PictureSet
    indices: Sequence[int]
    size: int

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.indices)

    def __getitem__(self, index: int) -> Image.Image:  # type: ignore[override]
        """Read a picture; slices are not supported."""
        return self.picture_set.image(self.indices[index], self.size)


def picture_batches(
    m: Model, picture_set: PictureSet, index_batches: Iterable[Sequence[int]]
) -> Iterator[Batch]:
    """Yield batches of a set's pictures, drawn as large as the network's input.

    Args:
        m: The network.
        picture_set: The set.
        index_batches: The indices of the pictures of each batch.
    """
    size = max(m.input_size[1:])
    return (Batch(picture_set, indices, size) for indices in index_batches)


def input_batches(
    m: Model, batches: Iterable[Sequence[Image.Image]]
) -> Iterator[Float[Tensor, "n c h w"]]:
    """Yield the network's input for each batch of pictures, equal to `m.preprocess(batch)`.

    See `input_batches_in_turns`.
    """
    return (x for x in input_batches_in_turns(m, batches) if x is not None)


def input_batches_in_turns(
    m: Model, batches: Iterable[Sequence[Image.Image]]
) -> Iterator[Float[Tensor, "n c h w"] | None]:
    """Yield the network's input for each batch of pictures, and None while a batch is being read.

    A batch of large pictures takes long to decode. At every None the caller yields its progress, so
    that other computations have a turn meanwhile.

    Several threads read, resize and crop the pictures of a batch, one picture per core, and each
    picture is released at once. The next batch is only prepared when it is needed: on a CPU,
    preparing it during the forward pass is no faster, since both use the same cores. On a GPU it
    might be faster; that has not been measured.
    """
    with ThreadPoolExecutor(torch.get_num_threads(), "reader", limit_to_one_thread) as readers:
        for batch in batches:
            crop_one = partial(_read_and_crop, m, batch.__getitem__)
            crops = [readers.submit(crop_one, index) for index in range(len(batch))]
            try:
                while _are_being_read(crops):
                    yield None
                pixels = np.stack([crop.result() for crop in crops])
            finally:  # a picture that can't be read stops the others
                for crop in crops:
                    crop.cancel()
            colours = torch.from_numpy(pixels).to(m.device).permute(0, 3, 1, 2).contiguous()
            yield m.preprocessing.normalised(colours.float() / 255)


def read_layers(
    m: Model,
    x: Float[Tensor, "n c h w"],
    names: Sequence[str],
    take: Take,
    precision: str = FLOAT32,
) -> dict[str, Tensor]:
    """Return what `take` keeps of each layer's activation, in batches that fit into the memory.

    A forward pass stops after the last of the layers.

    Args:
        m: The network.
        x: Its input.
        names: Names of layers, and "logits" for the network's output.
        take: Takes an activation, channels first, and returns what to keep of it, as a tensor of
            its own with a row for each picture, which depends on this picture only.
        precision: Number format of the forward passes; see `running_in`.

    Raises:
        UnknownLayer: The network has no layer of that name.
        OutOfMemory: Not even a single picture fits.
    """
    return m.in_batches(lambda part: read_layers_at_once(m, part, names, take, precision), x)


def read_layers_at_once(
    m: Model,
    x: Float[Tensor, "n c h w"],
    names: Sequence[str],
    take: Take,
    precision: str = FLOAT32,
) -> dict[str, Tensor]:
    """Return what `take` keeps of each layer's activation, in a single forward pass.

    For arguments and errors see `read_layers`; here `take` may compare the pictures of the batch.
    """
    with_logits = LOGITS in names
    layers = find_layers(m.layers, [name for name in names if name != LOGITS])
    with (
        m.borrow() as net,
        torch.no_grad(),
        running_in(precision, m.device),
        Probe(net, layers, stop=not with_logits, take=take) as probe,
    ):
        logits = probe.run(x)
        activations = dict(probe.activations)
        if with_logits:
            activations[LOGITS] = take(logits)
    return {name: activations[name] for name in names}


def _are_being_read(crops: Sequence[Future[np.ndarray]]) -> bool:
    """Wait for pictures, but not for long; return whether some are missing and none has failed."""
    done, missing = wait(crops, READING_TURN, FIRST_EXCEPTION)
    return bool(missing) and not any(crop.exception() for crop in done)


def _read_and_crop(
    m: Model, read: Callable[[int], Image.Image], index: int
) -> UInt8[np.ndarray, "h w 3"]:
    return np.asarray(m.preprocessing.crop(read(index)))
