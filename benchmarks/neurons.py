"""Compare feature visualisation with lucent and Horama: time, scores, and transfer of pictures.

    pip install -r benchmarks/requirements.txt
    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.neurons [PART …] [--to FOLDER]

All libraries run on the same machine with the same weights. lucent has its default settings, except
that it gets the model's own mean and std instead of ImageNet's. Run nothing else at the same
time. Takes about 15 minutes.
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

# The network that the pictures are optimised for, and another that classifies them.
MODEL, JUDGE = "local/mobilenetv2_100.coral", "local/mobilenetv1_100.coral"
LAYER = "blocks.3.2"
BUNDLED, BUNDLED_LAYER = "bundled/scenes-regnet", "s3.b2"
FIRST_LAYER = "bn1"
CLASSES = (207, 281, 817, 950, 9, 386, 404, 985, 130, 88, 340, 292, 508, 620, 779, 963)
# Number of shifted copies on which a picture is scored, and the largest shift in pixels.
SHIFTS, MAX_SHIFT = 16, 8
# Horama's default is 1,000 steps; the time of one picture is extrapolated from these.
HORAMA_STEPS = 10
# Pixel values this close to 0 or 255 count as clipped.
CLIPPED = 3

Pictures = list[np.ndarray]


def main() -> None:
    """Run the measurements and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; default: all")
    parser.add_argument("--count", type=int, default=16, help="number of pictures")
    parser.add_argument("--to", type=Path, help="folder for contact sheets of the pictures")
    arguments = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}")  # fmt: skip
    m = zoo.load(MODEL)
    for name, measure in PARTS.items():
        if not arguments.parts or name in arguments.parts:
            measure(m, arguments.count, arguments.to)


def measure_channels(m: Model, count: int, to: Path | None) -> None:
    """Measure time and scores for channels of a middle layer."""
    units = range(count)
    ours, seconds = timed(lambda: render(m, [visualize.channel(LAYER, i) for i in units]))
    peers, peer_seconds = timed_peer(
        lambda: [lucent(m, f"{_lucent_name(LAYER)}:{i}") for i in units]
    )
    report("channels of " + LAYER, count, seconds, peer_seconds)
    compare_scores(m, ours, peers)
    save_sheet(to, "channels", ours, peers)


def measure_first(m: Model, count: int, to: Path | None) -> None:
    """Measure the time for the first layer's channels; lucent's is scaled from one channel."""
    objectives = [visualize.channel(FIRST_LAYER, i) for i in range(count)]
    ours, seconds = timed(lambda: render(m, objectives))
    peer, peer_seconds = timed_peer(lambda: lucent(m, f"{_lucent_name(FIRST_LAYER)}:0"))
    report("channels of " + FIRST_LAYER, count, seconds, count * peer_seconds)
    save_sheet(to, "first", ours, [peer])


def measure_classes(m: Model, count: int, to: Path | None) -> None:
    """Measure time and transfer to another network for class pictures."""
    classes = CLASSES[:count]
    ours, seconds = timed(lambda: render(m, [visualize.class_logit(i) for i in classes]))
    peers, peer_seconds = timed_peer(lambda: [lucent(m, f"classifier:{i}") for i in classes])
    report("classes", len(classes), seconds, peer_seconds)
    compare_transfer(classes, ours, peers)
    save_sheet(to, "classes", ours, peers)


def render(m: Model, objectives: Sequence[visualize.Objective]) -> Pictures:
    """Render pictures with Zooscope."""
    return list(visualize.render(m, objectives))


def lucent(m: Model, objective: str) -> np.ndarray:
    """Render "layer:channel" with lucent, enlarged to 224 pixels as lucent does for the network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lucent.optvis import render as lucent_render
        from lucent.optvis import transform

        transforms = [*transform.standard_transforms, m.preprocessing.normalised]
        images = lucent_render.render_vis(
            m.net,
            objective,
            transforms=transforms,
            preprocess=False,
            progress=False,
            show_image=False,
        )
    x = torch.from_numpy(images[-1]).permute(0, 3, 1, 2)
    enlarged = functional.interpolate(x, (224, 224), mode="bilinear", align_corners=True)
    pixels = (enlarged[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
    return np.asarray(pixels)


def report(task: str, count: int, seconds: float, peer_seconds: float) -> None:
    """Print the seconds per picture and how many times faster Zooscope is."""
    print(f"{task}: {seconds / count:.2f} s per picture, lucent {peer_seconds / count:.2f} s,"
          f" {peer_seconds / seconds:.1f} times as fast")  # fmt: skip


def compare_scores(m: Model, ours: Pictures, peers: Pictures) -> None:
    """Print the ratio of Zooscope's scores to lucent's, each for the picture at its own size."""
    ratios = [
        score(m, our_picture, unit) / max(score(m, peer_picture, unit), 1e-9)
        for unit, (our_picture, peer_picture) in enumerate(zip(ours, peers, strict=True))
    ]
    above = sum(ratio >= 0.9 for ratio in ratios)
    print(f"scores relative to lucent's: median {statistics.median(ratios):.2f},"
          f" {above} of {len(ratios)} at least 0.9")  # fmt: skip


def score(m: Model, picture: np.ndarray, unit: int) -> float:
    """Return the mean activation of a unit over positions and random shifts of the picture."""
    x = m.preprocessing.normalised(_tensor(picture))
    generator = np.random.default_rng(unit)
    shifts = generator.integers(-MAX_SHIFT, MAX_SHIFT + 1, (SHIFTS, 2)).tolist()
    shifted = torch.cat([x.roll(shift, (2, 3)) for shift in shifts])
    return float(probe.read(m, shifted, [LAYER])[LAYER][:, unit].mean())


def compare_transfer(classes: Sequence[int], ours: Pictures, peers: Pictures) -> None:
    """Print how often another network has the class in its top five, and how much is clipped."""
    judge = zoo.load(JUDGE)
    for name, pictures in (("Zooscope", ours), ("lucent", peers)):
        images = [Image.fromarray(picture) for picture in pictures]
        predictions = predict.top_classes(judge, images, 5)
        hits = [
            class_ in [prediction.index for prediction in top_five]
            for class_, top_five in zip(classes, predictions, strict=True)
        ]
        pixels = np.concatenate([picture.ravel() for picture in pictures])
        clipped = ((pixels < CLIPPED) | (pixels > 255 - CLIPPED)).mean()
        print(f"transfer to {JUDGE}, {name}: {np.mean(hits):.0%}, clipped {clipped:.1%}")


def measure_horama(m: Model, _count: int, _to: Path | None) -> None:
    """Measure the time of Horama's Fourier pictures at its defaults, from a few of its 1,000 steps.

    Its MACO pictures need a download of a spectrum first; a step takes the same time for both.
    """
    import horama

    def objective(images: Tensor) -> Tensor:
        return m.net(m.preprocessing.normalised(images.sigmoid()))[:, CLASSES[0]].mean()

    _, seconds = timed(lambda: horama.fourier(objective, total_steps=HORAMA_STEPS, device="cpu"))
    print(f"Horama's Fourier: {seconds / HORAMA_STEPS * 1000:.0f} s per picture"
          f" (from {HORAMA_STEPS} of 1,000 steps)")  # fmt: skip


def measure_memory(m: Model, _count: int, _to: Path | None) -> None:
    """Measure the peak memory of a batch of 16 pictures at 224 px, beyond the loaded model."""
    objectives = [visualize.class_logit(i) for i in CLASSES]
    visualize.render(m, objectives[:1], 64, 2)  # warm-up: allocates what later runs reuse
    with peak_memory() as peak_megabytes:
        visualize.render(m, objectives, 224, 8)
    print(f"16 pictures of 224 px: {peak_megabytes()} MB above the loaded model")


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Sample this process's memory 200 times a second; yield a function for its growth in MB."""
    process, finished = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    samples = [before]

    def watch() -> None:
        while not finished.wait(0.005):
            samples.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield lambda: round((max(samples) - before) / 1e6)
    finished.set()
    watcher.join()


def measure_layer(_m: Model, _count: int, _to: Path | None) -> None:
    """Measure the time for a whole layer of a bundled network: first previews and total."""
    m = zoo.load(BUNDLED)
    start = time.perf_counter()
    first_preview = 0.0

    def watch(progress: Progress) -> None:
        nonlocal first_preview
        if progress.preview is not None:
            first_preview = first_preview or time.perf_counter() - start

    units = [visualize.channel(BUNDLED_LAYER, i) for i in range(64)]
    drain(visualize.render_steps(m, units), watch)
    print(f"64 channels of {BUNDLED}'s {BUNDLED_LAYER}: first previews after {first_preview:.1f} s,"
          f" done after {time.perf_counter() - start:.0f} s")  # fmt: skip


def save_sheet(folder: Path | None, name: str, ours: Pictures, peers: Pictures) -> None:
    """Save a contact sheet: Zooscope's pictures in the first row, the peer's in the second."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        np.concatenate(
            [np.asarray(Image.fromarray(picture).resize((160, 160))) for picture in pictures], 1
        )
        for pictures in (ours, peers)
    ]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows]
    Image.fromarray(np.concatenate(padded, 0)).save(folder / f"{name}.png")


def _lucent_name(layer: str) -> str:
    """Return lucent's name for a layer."""
    return layer.replace(".", "_")


def _tensor(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


# Memory comes first: later the process reuses memory that it already has.
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
