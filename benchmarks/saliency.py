"""Compare saliency maps with captum's and pytorch-grad-cam's: time per picture and agreement.

    ZOOSCOPE_MODELS=../shared/models python -m benchmarks.saliency PHOTO_FOLDER

One run on one machine with the same weights; times are medians over the photographs. Run nothing
else at the same time. Takes about five minutes.
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
# Zooscope's numbers of steps to try, until its completeness error is as small as captum's.
STEPS_TO_TRY = (12, 16, 20, 25, 32, 50)
# The layers for pytorch-grad-cam: the last ones with spatial positions.
LAYERS = {"mobilenetv2_100": "bn2", "resnet50": "layer4"}


def main() -> None:
    """Run all comparisons and print their results."""
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
        for view in views[:1]:  # warm-up
            view.gradient(view.x, torch.zeros(1, dtype=torch.long))
        print(f"\n{name}")
        measure_integrated(views)
        measure_smooth(views)
        measure_occlusion(views)
        measure_cam(views)
        measure_eight(m, imgs)


def measure_integrated(views: Sequence[View]) -> None:
    """Compare captum's 50 steps with the fewest steps that reach the same completeness error."""

    def captum_map(view: View) -> Tensor:
        black = view.m.preprocessing.normalised(torch.zeros_like(view.x))
        peer = captum.attr.IntegratedGradients(view.m.net)
        attributions = peer.attribute(
            view.x, black, _top_class(view), n_steps=STEPS, internal_batch_size=16
        )
        return attributions.sum(1)

    def completeness_error(view: View, attributions: Tensor) -> float:
        black = view.m.preprocessing.normalised(torch.zeros_like(view.x))
        row = torch.zeros(1, dtype=torch.long)
        change = view.scores(view.x, row) - view.scores(black, row)
        return float(((attributions.double().sum() - change).abs() / change.abs()).item())

    def median_error(timed_maps: Sequence[tuple[Tensor, float]]) -> float:
        pairs = zip(views, timed_maps, strict=True)
        errors = [
            completeness_error(view, attributions.detach()) for view, (attributions, _) in pairs
        ]
        return float(np.median(errors))

    peers = [timed_peer(partial(captum_map, view)) for view in views]
    captum_error = median_error(peers)
    for steps in STEPS_TO_TRY:
        ours = [
            timed(partial(_run, view, "integrated_gradients", steps=steps, limit=steps))
            for view in views
        ]
        our_error = median_error(ours)
        compare(f"integrated gradients, {steps} steps, captum {STEPS}", ours, peers)
        print(f"  completeness error, median: {our_error:.3%}, captum's {captum_error:.3%}")
        if our_error <= captum_error and steps < STEPS:
            break


def measure_smooth(views: Sequence[View]) -> None:
    """Compare SmoothGrad, with the same noise for both."""

    def captum_map(view: View, noisy: Tensor) -> Tensor:
        peer = captum.attr.Saliency(view.m.net)
        parts = [peer.attribute(part, _top_class(view), abs=False) for part in noisy.split(16)]
        return torch.cat(parts).mean(0, keepdim=True).abs().amax(1)

    peers = []
    for view in views:
        spread = 0.15 * (view.x.max() - view.x.min())
        generator = torch.Generator().manual_seed(0)
        noise = [torch.randn(view.x.shape[1:], generator=generator) for _ in range(SAMPLES)]
        noisy = view.x + spread * torch.stack(noise)
        peers.append(timed_peer(partial(captum_map, view, noisy)))
    ours = [
        timed(partial(_run, _with_new_generators(view), "smooth_grad", samples=SAMPLES))
        for view in views
    ]
    compare("SmoothGrad, 32 samples", ours, peers)


def measure_occlusion(views: Sequence[View]) -> None:
    """Compare occlusion; captum evaluates eight windows at a time, its fastest setting."""

    def captum_map(view: View) -> Tensor:
        size, step = (3, WINDOW, WINDOW), (3, STRIDE, STRIDE)
        return captum.attr.Occlusion(view.m.net).attribute(
            view.x, size, step, 0.0, _top_class(view), perturbations_per_eval=8
        )[:, 0]

    peers = [timed_peer(partial(captum_map, view)) for view in views]
    ours = [timed(partial(_run, view, "occlusion", window=WINDOW, stride=STRIDE)) for view in views]
    compare(f"occlusion, window {WINDOW}, stride {STRIDE}", ours, peers)


def measure_cam(views: Sequence[View]) -> None:
    """Compare Grad-CAM with one picture at a time."""
    ours = [timed(partial(_run, view, "grad_cam")) for view in views]
    peers = [timed_peer(partial(_peer_cam, view.m, view.x, [_top_class(view)])) for view in views]
    compare("Grad-CAM", ours, peers)


def measure_eight(m: Model, imgs: Sequence[Image.Image]) -> None:
    """Compare Grad-CAM with eight pictures in a batch; both start from preprocessed tensors."""
    view = _view(m, *imgs)
    classes = view.target.argmax(1).tolist()
    ours = [timed(partial(_run, view, "grad_cam")) for _ in range(5)]
    peers = [timed_peer(partial(_peer_cam, m, view.x, classes)) for _ in range(5)]
    compare("Grad-CAM, batch of eight", ours, peers)


def _peer_cam(m: Model, x: Tensor, classes: Sequence[int]) -> Tensor:
    layer = m.net.get_submodule(LAYERS[m.card.architecture])
    with pytorch_grad_cam.GradCAM(model=m.net, target_layers=[layer]) as cam:
        targets = [ClassifierOutputTarget(index) for index in classes]
        return torch.from_numpy(cam(x.clone().requires_grad_(), targets))


def compare(title: str, ours: Sequence[tuple], peers: Sequence[tuple]) -> None:
    """Print median seconds, their ratio, and the rank correlation of the maps."""
    our_time, peer_time = (
        statistics.median(seconds for _, seconds in timed_maps) for timed_maps in (ours, peers)
    )
    pairs = zip(ours, peers, strict=True)
    correlations = [
        saliency.rank_correlation(a.detach().float().numpy(), b.detach().float().numpy()).mean()
        for (a, _), (b, _) in pairs
    ]
    print(f"{title}: {our_time:.3f} s, peer {peer_time:.3f} s, ratio {our_time / peer_time:.2f},"
          f" rank correlation {np.median(correlations):.4f}")  # fmt: skip


def _view(m: Model, *imgs: Image.Image) -> View:
    """Preprocess pictures; the score to explain is the logit of each picture's top class."""
    x = m.preprocess(list(imgs))
    with torch.no_grad():
        target = torch.nn.functional.one_hot(m.net(x).argmax(1), len(m.labels)).float()
    return View(m, x, target, saliency.last_layer(m), _generators(len(imgs)))


def _with_new_generators(view: View) -> View:
    """Return the same view with its random number generators reset."""
    return View(view.m, view.x, view.target, view.layer, _generators(len(view.x)))


def _generators(count: int) -> tuple[torch.Generator, ...]:
    return tuple(torch.Generator().manual_seed(0) for _ in range(count))


def _top_class(view: View) -> int:
    return int(view.target.argmax(1)[0])


def _run(view: View, key: str, **options: int) -> Tensor:
    return drain(saliency.methods()[key].explain(view, **options)).values


if __name__ == "__main__":
    main()
