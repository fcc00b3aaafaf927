"""Many pictures through a network: made ready ahead of it, and looked at on their way."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from threadpoolctl import threadpool_limits
from torch import Tensor

from core import probe
from core.probe import Probe, Take
from core.sets import PictureSet
from core.visualize import LOGITS
from core.zoo import Model

Item = TypeVar("Item")
# What `next` gives after the last.
END = object()


def pictures(
    m: Model, chosen: PictureSet, batches: Iterable[Sequence[int]]
) -> Iterator[Iterable[Image.Image]]:
    """Pictures of a set, each read when it is taken; drawn ones as large as the network wants."""
    size = max(m.input_size[1:])
    return ((chosen.image(index, size) for index in batch) for batch in batches)


def inputs(
    m: Model, batches: Iterable[Iterable[Image.Image]]
) -> Iterator[Float[Tensor, "n c h w"]]:
    """What the network is fed for these pictures: `m.preprocess` of each batch.

    The next batch is read, resized and cropped by a thread of its own while this one is worked on,
    a picture at a time, so that a batch of large ones is never held.
    """
    for pixels in ahead(_cropped(m, batch) for batch in batches):
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


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; the next one is made by another thread while this one is worked on."""
    coming = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead", initializer=_on_one_core) as thread:
        following = thread.submit(next, coming, END)
        while (item := following.result()) is not END:
            following = thread.submit(next, coming, END)
            yield item  # type: ignore[misc]


def _on_one_core() -> None:
    """Have torch compute on one core in this thread.

    OpenMP gives each thread that computes helpers of its own. As soon as there are more of them
    than cores, all of them sleep between any two loops instead of waiting awake, and a network
    takes twice as long, also while the second thread has nothing to do.
    """
    torch.get_num_threads()  # torch sets the number itself when a thread first asks for it
    threadpool_limits(1, user_api="openmp")


def _cropped(m: Model, imgs: Iterable[Image.Image]) -> UInt8[np.ndarray, "n h w 3"]:
    return np.stack([np.asarray(m.preprocessing.crop(img)) for img in imgs])
