"""Neuron pictures beside lucent's and Horama's: pictures a second, scores, and how they carry over.

    pip install -r benchmarks/requirements.txt
    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.neurons [PART …] [--to FOLDER]

One run, one machine, the same weights; lucent at its defaults but for the model's own mean and std,
which it would take for ImageNet's. Nothing else should run meanwhile. Takes about 15 minutes.
"""

import argparse
import os
import platform
import statistics
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from benchmarks.timing import timed, timed_peer
from core import predict, probe, visualize, zoo
from core.steps import Progress, drain
from core.zoo import Model

OURS, JUDGE = "local/mobilenetv2_100.coral", "local/mobilenetv1_100.coral"
LAYER = "blocks.3.2"
BUNDLED, BUNDLED_LAYER = "bundled/scenes-regnet", "s3.b2"
FIRST_LAYER = "bn1"
CLASSES = (207, 281, 817, 950, 9, 386, 404, 985, 130, 88, 340, 292, 508, 620, 779, 963)
JITTERS, JITTER = 16, 8
HORAMA_STEPS = 10
CLIPPED = 3  # of 255: so near to black or white counts as clipped

Pictures = list[np.ndarray]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--to", type=Path, help="folder for sheets of the pictures")
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}")  # fmt: skip
    m = zoo.load(OURS)
    for name, measure in PARTS.items():
        if not asked.parts or name in asked.parts:
            measure(m, asked.count, asked.to)


def measure_channels(m: Model, count: int, to: Path | None) -> None:
    """Channels of a middle layer: time and score."""
    units = range(count)
    ours, seconds = timed(lambda: render(m, [visualize.channel(LAYER, i) for i in units]))
    peers, peer_seconds = timed_peer(lambda: [lucent(m, f"{_hooked(LAYER)}:{i}") for i in units])
    report("channels of " + LAYER, count, seconds, peer_seconds)
    compare_scores(m, ours, peers)
    keep(to, "channels", ours, peers)


def measure_first(m: Model, count: int, to: Path | None) -> None:
    """Channels of the first layer: time, the peer's from one picture."""
    objectives = [visualize.channel(FIRST_LAYER, i) for i in range(count)]
    ours, seconds = timed(lambda: render(m, objectives))
    peer, peer_seconds = timed_peer(lambda: lucent(m, f"{_hooked(FIRST_LAYER)}:0"))
    report("channels of " + FIRST_LAYER, count, seconds, count * peer_seconds)
    keep(to, "first", ours, [peer])


def measure_classes(m: Model, count: int, to: Path | None) -> None:
    """Classes: time, and how they carry over."""
    classes = CLASSES[:count]
    ours, seconds = timed(lambda: render(m, [visualize.class_logit(i) for i in classes]))
    peers, peer_seconds = timed_peer(lambda: [lucent(m, f"classifier:{i}") for i in classes])
    report("classes", len(classes), seconds, peer_seconds)
    compare_carried(classes, ours, peers)
    keep(to, "classes", ours, peers)


def render(m: Model, objectives: Sequence[visualize.Objective]) -> Pictures:
    """Our pictures."""
    return list(visualize.render(m, objectives))


def lucent(m: Model, objective: str) -> np.ndarray:
    """lucent's picture of "layer:channel", enlarged to 224 pixels as it shows it to the network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lucent.optvis import render as peer
        from lucent.optvis import transform

        shown = [*transform.standard_transforms, m.preprocessing.normalised]
        images = peer.render_vis(
            m.net, objective, transforms=shown, preprocess=False, progress=False, show_image=False
        )
    x = torch.from_numpy(images[-1]).permute(0, 3, 1, 2)
    large = functional.interpolate(x, (224, 224), mode="bilinear", align_corners=True)
    pixels = (large[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
    return np.asarray(pixels)


def report(what: str, count: int, seconds: float, peer_seconds: float) -> None:
    """Print seconds a picture, and the ratio."""
    print(f"{what}: {seconds / count:.2f} s a picture, lucent {peer_seconds / count:.2f} s,"
          f" {peer_seconds / seconds:.1f} times as fast")  # fmt: skip


def compare_scores(m: Model, ours: Pictures, peers: Pictures) -> None:
    """Each picture's mean activation over positions and jitters, as it was made."""
    ratios = [
        score(m, mine, unit) / max(score(m, theirs, unit), 1e-9)
        for unit, (mine, theirs) in enumerate(zip(ours, peers, strict=True))
    ]
    good = sum(ratio >= 0.9 for ratio in ratios)
    print(f"scores against lucent's: median {statistics.median(ratios):.2f},"
          f" {good} of {len(ratios)} at least 0.9")  # fmt: skip


def score(m: Model, picture: np.ndarray, unit: int) -> float:
    """Mean activation over positions and fresh jitters."""
    x = m.preprocessing.normalised(_tensor(picture))
    random = np.random.default_rng(unit)
    moves = random.integers(-JITTER, JITTER + 1, (JITTERS, 2)).tolist()
    moved = torch.cat([x.roll((dy, dx), (2, 3)) for dy, dx in moves])
    return float(probe.read(m, moved, [LAYER])[LAYER][:, unit].mean())


def compare_carried(classes: Sequence[int], ours: Pictures, peers: Pictures) -> None:
    """How often another network has the class among its top five, and how much is clipped."""
    judge = zoo.load(JUDGE)
    for name, pictures in (("ours", ours), ("lucent's", peers)):
        ranked = predict.top_classes(judge, [Image.fromarray(p) for p in pictures], 5)
        hits = [index in [p.index for p in row]
                for index, row in zip(classes, ranked, strict=True)]  # fmt: skip
        pixels = np.concatenate([p.ravel() for p in pictures])
        clipped = ((pixels < CLIPPED) | (pixels > 255 - CLIPPED)).mean()
        print(f"carried over to {JUDGE}, {name}: {np.mean(hits):.0%}, clipped {clipped:.1%}")


def measure_horama(m: Model, _count: int, _to: Path | None) -> None:
    """Horama's Fourier pictures at its defaults, from a few of its thousand steps.

    Its MACO first downloads a spectrum; a step of the two costs the same.
    """
    import horama

    def objective(images: Tensor) -> Tensor:
        return m.net(m.preprocessing.normalised(images.sigmoid()))[:, CLASSES[0]].mean()

    _, seconds = timed(lambda: horama.fourier(objective, total_steps=HORAMA_STEPS, device="cpu"))
    print(f"Horama's Fourier: {seconds / HORAMA_STEPS * 1000:.0f} s a picture"
          f" (from {HORAMA_STEPS} of 1,000 steps)")  # fmt: skip


def measure_memory(m: Model, _count: int, _to: Path | None) -> None:
    """Peak memory of a batch of 16 pictures at 224 px above the loaded model."""
    objectives = [visualize.class_logit(i) for i in CLASSES]
    visualize.render(m, objectives[:1], 64, 2)  # what is allocated once
    with peak_memory() as peak:
        visualize.render(m, objectives, 224, 8)
    print(f"16 pictures of 224 px: {peak()} MB above the loaded model")


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Watches this process's memory, many times a second; tells the most it grew by, in MB."""
    process, over = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    seen = [before]

    def watch() -> None:
        while not over.wait(0.005):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield lambda: round((max(seen) - before) / 1e6)
    over.set()
    watcher.join()


def measure_layer(_m: Model, _count: int, _to: Path | None) -> None:
    """A whole layer of a bundled network: until the first previews, and in all."""
    m = zoo.load(BUNDLED)
    start = time.perf_counter()
    first = 0.0

    def watch(progress: Progress) -> None:
        nonlocal first
        if progress.preview is not None:
            first = first or time.perf_counter() - start

    units = [visualize.channel(BUNDLED_LAYER, i) for i in range(64)]
    drain(visualize.render_steps(m, units), watch)
    print(f"64 channels of {BUNDLED}'s {BUNDLED_LAYER}: first previews after {first:.1f} s,"
          f" done after {time.perf_counter() - start:.0f} s")  # fmt: skip


def keep(folder: Path | None, name: str, ours: Pictures, peers: Pictures) -> None:
    """Write a sheet: our pictures above, the peer's below."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        np.concatenate([np.asarray(Image.fromarray(p).resize((160, 160))) for p in pictures], 1)
        for pictures in (ours, peers)
    ]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    Image.fromarray(np.concatenate(padded, 0)).save(folder / f"{name}.png")


def _hooked(layer: str) -> str:
    """A layer's name as lucent has it."""
    return layer.replace(".", "_")


def _tensor(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


# Memory first: later the process has room that it was given before.
PARTS = {
    "memory": measure_memory,
    "layer": measure_layer,
    "channels": measure_channels,
    "first": measure_first,
    "classes": measure_classes,
    "horama": measure_horama,
}


if __name__ == "__main__":
    main()
