"""Saliency maps beside captum's and pytorch-grad-cam's: seconds a picture, and whether they agree.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.saliency PHOTO_FOLDER

One run, one machine, the same weights, medians over the photographs. Nothing else should run
meanwhile. Takes about five minutes.
"""

import argparse
import os
import platform
import statistics
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import captum.attr
import numpy as np
import pytorch_grad_cam
import torch
from PIL import Image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor

from benchmarks.timing import timed, timed_peer
from core import images, saliency, zoo
from core.saliency.view import View
from core.steps import drain
from core.zoo import Model

MODELS = ("local/mobilenetv2_100.coral", "untrained/resnet50")
STEPS, SAMPLES, WINDOW, STRIDE = 50, 32, 32, 16
# Numbers of our steps that are tried, until their error is captum's.
FEWER = (12, 16, 20, 25, 32, 50)
LAYERS = {"mobilenetv2_100": "bn2", "resnet50": "layer4"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    folder = parser.parse_args().photos
    paths = [path for path in sorted(folder.glob("*.[jp][pn]g")) if "mask" not in path.name]
    imgs = [images.read(path) for path in paths[:8]]
    print(f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads,"
          f" torch {torch.__version__}, captum {captum.__version__}")  # fmt: skip
    warnings.simplefilter("ignore")
    for name in MODELS:
        m = zoo.load(name)
        views = [_view(m, img) for img in imgs]
        for view in views[:1]:  # what is only slow the first time
            view.gradient(view.x, torch.zeros(1, dtype=torch.long))
        print(f"\n{name}")
        measure_integrated(views)
        measure_smooth(views)
        measure_occlusion(views)
        measure_cam(views)
        measure_eight(m, imgs)


def measure_integrated(views: Sequence[View]) -> None:
    """Captum's 50 steps, and as few of ours as reach its completeness error."""

    def theirs(view: View) -> Tensor:
        black = view.m.preprocessing.normalised(torch.zeros_like(view.x))
        peer = captum.attr.IntegratedGradients(view.m.net)
        found = peer.attribute(view.x, black, _class(view), n_steps=STEPS, internal_batch_size=16)
        return found.sum(1)

    def error(view: View, sums: Tensor) -> float:
        black = view.m.preprocessing.normalised(torch.zeros_like(view.x))
        row = torch.zeros(1, dtype=torch.long)
        change = view.scores(view.x, row) - view.scores(black, row)
        return float(((sums.double().sum() - change).abs() / change.abs()).item())

    def median_error(made: Sequence[tuple[Tensor, float]]) -> float:
        pairs = zip(views, made, strict=True)
        return float(np.median([error(view, one.detach()) for view, (one, _) in pairs]))

    peers = [timed_peer(partial(theirs, view)) for view in views]
    goal = median_error(peers)
    for steps in FEWER:
        ours = [
            timed(partial(_run, view, "integrated_gradients", steps=steps, limit=steps))
            for view in views
        ]
        reached = median_error(ours)
        compare(f"integrated gradients, {steps} steps, captum {STEPS}", ours, peers)
        print(f"  completeness error, median: {reached:.3%}, captum's {goal:.3%}")
        if reached <= goal and steps < STEPS:
            break


def measure_smooth(views: Sequence[View]) -> None:
    """The same noise for both."""

    def theirs(view: View, noisy: Tensor) -> Tensor:
        peer = captum.attr.Saliency(view.m.net)
        parts = [peer.attribute(part, _class(view), abs=False) for part in noisy.split(16)]
        return torch.cat(parts).mean(0, keepdim=True).abs().amax(1)

    peers = []
    for view in views:
        spread = 0.15 * (view.x.max() - view.x.min())
        dice = torch.Generator().manual_seed(0)
        noise = [torch.randn(view.x.shape[1:], generator=dice) for _ in range(SAMPLES)]
        noisy = view.x + spread * torch.stack(noise)
        peers.append(timed_peer(partial(theirs, view, noisy)))
    ours = [timed(partial(_run, _fresh(v), "smooth_grad", samples=SAMPLES)) for v in views]
    compare("SmoothGrad, 32 samples", ours, peers)


def measure_occlusion(views: Sequence[View]) -> None:
    """Captum with eight windows at a time, its best."""

    def theirs(view: View) -> Tensor:
        size, step = (3, WINDOW, WINDOW), (3, STRIDE, STRIDE)
        return captum.attr.Occlusion(view.m.net).attribute(
            view.x, size, step, 0.0, _class(view), perturbations_per_eval=8
        )[:, 0]

    peers = [timed_peer(partial(theirs, view)) for view in views]
    ours = [timed(partial(_run, v, "occlusion", window=WINDOW, stride=STRIDE)) for v in views]
    compare("occlusion, 32 / 16", ours, peers)


def measure_cam(views: Sequence[View]) -> None:
    """One picture at a time."""
    ours = [timed(partial(_run, view, "grad_cam")) for view in views]
    peers = [timed_peer(partial(_peer_cam, view.m, view.x, [_class(view)])) for view in views]
    compare("Grad-CAM", ours, peers)


def measure_eight(m: Model, imgs: Sequence[Image.Image]) -> None:
    """Eight pictures at once; both from preprocessed tensors."""
    view = _view(m, *imgs)
    classes = view.target.argmax(1).tolist()
    ours = [timed(partial(_run, view, "grad_cam")) for _ in range(5)]
    peers = [timed_peer(partial(_peer_cam, m, view.x, classes)) for _ in range(5)]
    compare("Grad-CAM, eight at once", ours, peers)


def _peer_cam(m: Model, x: Tensor, classes: Sequence[int]) -> Tensor:
    layer = m.net.get_submodule(LAYERS[m.card.architecture])
    with pytorch_grad_cam.GradCAM(model=m.net, target_layers=[layer]) as cam:
        targets = [ClassifierOutputTarget(index) for index in classes]
        return torch.from_numpy(cam(x.clone().requires_grad_(), targets))


def compare(what: str, ours: Sequence[tuple], peers: Sequence[tuple]) -> None:
    """Print median seconds, their ratio, and the rank correlation of the maps."""
    mine, theirs = (statistics.median(seconds for _, seconds in kind) for kind in (ours, peers))
    pairs = zip(ours, peers, strict=True)
    likeness = [
        saliency.rank_correlation(a.detach().float().numpy(), b.detach().float().numpy()).mean()
        for (a, _), (b, _) in pairs
    ]
    print(f"{what}: {mine:.3f} s, peer {theirs:.3f} s, ratio {mine / theirs:.2f},"
          f" rank correlation {np.median(likeness):.4f}")  # fmt: skip


def _view(m: Model, *imgs: Image.Image) -> View:
    x = m.preprocess(list(imgs))
    with torch.no_grad():
        target = torch.nn.functional.one_hot(m.net(x).argmax(1), len(m.labels)).float()
    return View(m, x, target, saliency.last_layer(m), _dice(len(imgs)))


def _fresh(view: View) -> View:
    """The same view with its random numbers from the start."""
    return View(view.m, view.x, view.target, view.layer, _dice(len(view.x)))


def _dice(count: int) -> tuple[torch.Generator, ...]:
    return tuple(torch.Generator().manual_seed(0) for _ in range(count))


def _class(view: View) -> int:
    return int(view.target.argmax(1)[0])


def _run(view: View, key: str, **options: int) -> Tensor:
    return drain(saliency.methods()[key].explain(view, **options)).values


if __name__ == "__main__":
    main()
