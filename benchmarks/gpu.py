"""Compare the times of a GPU with those of the CPU, and whether their results agree.

    python -m benchmarks.gpu [--device cuda|mps|cpu] [--pretrained] [--quick]

Needs core, torch, timm and scikit-learn only, no Streamlit. The network is a ResNet-50 at 224 px,
with random weights unless `--pretrained` is given; pictures are drawn scenes. The GPU runs each
part once to warm up, with a share of the work, and once with all of it. The CPU runs the share in
float32; the time of all of it is estimated from that, which "~" marks. Results of the share are
compared: an agreement is the lowest rank correlation of a map, or of a picture's features. Features
include the preprocessing of the pictures, which the CPU does on either device.
`--quick` runs every part with tiny networks and numbers, to see whether it works; its times mean
nothing.

On a GPU, CUDA graphs and torch.compile are timed too, for plain forward passes. Zooscope does not
use them: both need inputs of a fixed size, and networks whose hooks do not change.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.timing import timed
from core import compare, embed, predict, saliency, scenes, visualize, zoo
from core.visualize import Quality
from core.zoo import Card, Model
from core.zoo.precision import FLOAT32, fast_precision, running_in

# Seed of the scenes, and how many different ones are drawn.
SEED, SCENES = 11, 8
# Untimed and timed forward passes.
WARM_UPS, PASSES = 3, 10


@dataclass(frozen=True)
class Sizes:
    """What is measured, and how much of it.

    Attributes:
        networks: The architectures; the first one is used wherever one network is.
        channels: Number of a layer's channels whose pictures are rendered.
        classes: Number of classes whose pictures are rendered.
        masks: Number of masks of RISE.
        pictures: Number of pictures whose features are computed.
        batch: Number of pictures of a plain forward pass.
        share: The share of channels, classes, masks and pictures that the CPU computes.
        quality: Quality of rendered pictures; None for the default.
    """

    networks: tuple[str, ...] = ("resnet50", "resnet18", "mobilenetv2_100", "regnetx_002")
    channels: int = 512
    classes: int = 64
    masks: int = 4000
    pictures: int = 10_000
    batch: int = 64
    share: float = 1 / 32
    quality: Quality | None = None


QUICK = Sizes(
    networks=("test_resnet", "test_efficientnet"), channels=2, classes=2, masks=8, pictures=4,
    batch=2, share=1 / 2, quality=Quality(size=32, steps=2),
)  # fmt: skip


@dataclass(frozen=True)
class Work:
    """What a part computes: a number of things with some networks, in a number format."""

    models: Sequence[Model]
    count: int
    precision: str
    quality: Quality | None


@dataclass(frozen=True)
class Part:
    """A part of the benchmark.

    Attributes:
        title: What is computed.
        run: Computes it and returns the result.
        count: How many things a GPU computes.
        forward_only: Whether it also runs in the GPU's fastest format.
        comparable: Whether the results of two devices can be compared: an array of maps or
            features. Rendered pictures can't: they end in different optima.
    """

    title: str
    run: Callable[[Work], np.ndarray]
    count: int = 1
    forward_only: bool = False
    comparable: bool = True


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all parts and print their results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--pretrained", action="store_true")
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args(arguments)
    sizes = QUICK if chosen.quick else Sizes()
    gpu, cpu = zoo.device(chosen.device), torch.device("cpu")
    print(f"{compare.machine_name(gpu)}; compared with the CPU: {compare.machine_name(cpu)};"
          f" torch {torch.__version__}; fastest format {fast_precision(gpu)}")  # fmt: skip
    cards = [find_card(name, chosen.pretrained) for name in sizes.networks]
    on_gpu, on_cpu = ([zoo.build(card, device) for card in cards] for device in (gpu, cpu))
    for part in parts(sizes):
        for precision in formats(part, gpu):
            compare_devices(part, precision, on_gpu, on_cpu, sizes)
    print_top_classes(on_gpu, on_cpu)
    for title, run in forward_passes(on_gpu[0], sizes.batch).items():
        print(f"{sizes.batch} pictures, {title}: {1000 * seconds_per_pass(run):.2f} ms")


def find_card(name: str, pretrained: bool) -> Card:
    """Return the card of a network; trained weights are downloaded where they are missing."""
    return zoo.load(name).card if pretrained else zoo.describe(f"untrained/{name}")


def parts(sizes: Sizes) -> list[Part]:
    """Return the parts of the benchmark."""
    return [
        Part("channels of a layer", render_channels, sizes.channels, comparable=False),
        Part("class logits", render_classes, sizes.classes, comparable=False),
        Part("picture by integrated gradients", integrated_gradients),
        Part("masks of RISE", rise, sizes.masks, forward_only=True),
        Part("pictures' features", features, sizes.pictures, forward_only=True),
        Part("Grad-CAM of each network", grad_cams),
    ]


def formats(part: Part, device: torch.device) -> list[str]:
    """Return the number formats in which a part is timed on a device."""
    fastest = fast_precision(device)
    return list(dict.fromkeys([FLOAT32, fastest])) if part.forward_only else [FLOAT32]


def compare_devices(
    part: Part, precision: str, on_gpu: Sequence[Model], on_cpu: Sequence[Model], sizes: Sizes
) -> None:
    """Time a part on both devices, and print the seconds, their ratio and the agreement."""
    share = max(1, round(sizes.share * part.count))
    ours = part.run(Work(on_gpu, share, precision, sizes.quality))  # the warm-up as well
    theirs, seconds = timed(lambda: part.run(Work(on_cpu, share, FLOAT32, sizes.quality)))
    cpu_seconds = seconds * part.count / share
    _, gpu_seconds = timed(lambda: part.run(Work(on_gpu, part.count, precision, sizes.quality)))
    line = (
        f"{part.count:,} {part.title}, {precision}: {gpu_seconds:.3f} s,"
        f" CPU {'~' if share < part.count else ''}{cpu_seconds:.3f} s,"
        f" {cpu_seconds / gpu_seconds:.1f} times"
    )
    if part.comparable:
        line += f", agreement {saliency.rank_correlation(ours, theirs).min():.4f}"
    print(line)


def render_channels(work: Work) -> np.ndarray:
    """Render the first channels of the first stage's last layer that has as many."""
    m = work.models[0]
    layer = next(name for name in m.stage_ends if m.layers[name].shape[0] >= work.count)
    units = [visualize.channel(layer, index) for index in range(work.count)]
    return visualize.render(m, units, quality=work.quality)


def render_classes(work: Work) -> np.ndarray:
    """Render the first classes."""
    logits = [visualize.class_logit(index) for index in range(work.count)]
    return visualize.render(work.models[0], logits, quality=work.quality)


def integrated_gradients(work: Work) -> np.ndarray:
    """Explain pictures by integrated gradients."""
    m = work.models[0]
    return saliency.explain(m, pictures(m, work.count), "integrated_gradients", [0] * work.count)


def rise(work: Work) -> np.ndarray:
    """Explain one picture by RISE with so many masks."""
    m = work.models[0]
    return saliency.explain(
        m, pictures(m, 1), "rise", [0], precision=work.precision, masks=work.count
    )


def features(work: Work) -> np.ndarray:
    """Compute the features of pictures at the last layer with positions."""
    m = work.models[0]
    layer = saliency.last_layer(m)
    rows = embed.features(m, pictures(m, work.count), layer, precision=work.precision)
    return rows[:, None]  # as maps of a single row


def grad_cams(work: Work) -> np.ndarray:
    """Explain one picture with every network; the maps are laid side by side."""
    maps = [saliency.explain(m, pictures(m, 1), "grad_cam", [0])[0].ravel() for m in work.models]
    return np.concatenate(maps)[None, None]


def pictures(m: Model, count: int) -> list[Image.Image]:
    """Return drawn scenes of the size of a network's input; a few of them, repeated."""
    return list(islice(cycle(draw(max(m.input_size[1:]))), count))


@cache
def draw(size: int) -> list[Image.Image]:
    """Draw the scenes, which takes too long to be timed with the rest."""
    names = list(scenes.CLASSES)[:SCENES]
    return [scenes.draw(class_=name, seed=SEED, size=size).image for name in names]


def print_top_classes(on_gpu: Sequence[Model], on_cpu: Sequence[Model]) -> None:
    """Print for how many pictures both devices have the same top class, for each network."""
    for ours, theirs in zip(on_gpu, on_cpu, strict=True):
        imgs = pictures(ours, SCENES)
        tops = [[each[0].index for each in predict.top_classes(m, imgs, 1)] for m in (ours, theirs)]
        same = sum(a == b for a, b in zip(*tops, strict=True))
        print(f"{ours.name}: the same top class for {same} of {len(imgs)} pictures")


def forward_passes(m: Model, count: int) -> dict[str, Callable[[], Any]]:
    """Return ways to run a forward pass of so many pictures, by title."""
    x = m.preprocess(pictures(m, count))
    last = x.contiguous(memory_format=torch.channels_last)
    fastest = fast_precision(m.device)

    def plain(inputs: Tensor, precision: str, net: Callable[[Tensor], Tensor] = m.net) -> Tensor:
        with torch.no_grad(), running_in(precision, m.device):
            return net(inputs).cpu()

    ways: dict[str, Callable[[], Any]] = {
        "float32": lambda: plain(x, FLOAT32),
        "float32, channels last": lambda: plain(last, FLOAT32),
        f"{fastest}, channels last": lambda: plain(last, fastest),
    }
    if m.device.type == "cuda":
        compiled = torch.compile(m.net)
        ways[f"{fastest}, CUDA graph"] = graphed(m, last, fastest)
        ways[f"{fastest}, torch.compile"] = lambda: plain(last, fastest, compiled)
    return ways


def graphed(m: Model, x: Tensor, precision: str) -> Callable[[], Tensor]:
    """Record a forward pass as a CUDA graph; return a function that replays it."""
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    with torch.no_grad(), running_in(precision, m.device):
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                m.net(x)
        torch.cuda.current_stream().wait_stream(stream)
        with torch.cuda.graph(graph):
            output = m.net(x)

    def replay() -> Tensor:
        graph.replay()
        return output.cpu()

    return replay


def seconds_per_pass(run: Callable[[], Any]) -> float:
    """Return the median of the seconds that a forward pass takes."""
    for _ in range(WARM_UPS):
        run()
    return float(np.median([timed(run)[1] for _ in range(PASSES)]))


if __name__ == "__main__":
    main()
