"""Gradient ascent: changes pictures step by step so that the scores of their objectives rise."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from core import probe
from core.layers import LOGITS, find_layers
from core.steps import Progress, Steps
from core.visualize.adam import Adam
from core.visualize.canvas import CANVASES
from core.visualize.objectives import Objective
from core.visualize.quality import Quality
from core.visualize.transforms import transform
from core.zoo import Model

# In the first REDIRECTED_STEPS steps of a redirected ascent, rectifiers pass LEAK_SLOPE of the
# gradient where they are off (lucid's redirected ReLU). Without it, a unit that is off at every
# position has no gradient. Other units do not need it: with it, half as many class pictures carried
# over to another network.
REDIRECTED_STEPS, LEAK_SLOPE = 16, 0.1
RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.Hardswish)
# The step of the first preview, and the number of steps between later previews.
FIRST_PREVIEW, PREVIEW_INTERVAL = 4, 16
# Variation i of an objective uses the seed `seed * SEED_STRIDE + i`, so that the variations of
# different seeds never share a random start.
SEED_STRIDE = 1000


@dataclass(frozen=True)
class Rendering:
    """Rendered pictures, in the order of the objectives; the variations of each are consecutive.

    Attributes:
        pictures: The pictures, 0 to 255.
        scores: The objective's score for each final picture, without transforms.
        dead: Whether the score never changed; such a picture shows nothing.
        misclassified: For class pictures, whether the network predicts another class.
        importance: Gradient magnitude of the objective at each pixel, summed over all steps and
            scaled to a mean of 1 per picture.
    """

    pictures: UInt8[np.ndarray, "n h w 3"]
    scores: Float[np.ndarray, " n"]
    dead: Bool[np.ndarray, " n"]
    misclassified: Bool[np.ndarray, " n"]
    importance: Float[np.ndarray, "n h w"]


def ascent_steps(
    m: Model,
    objectives: Sequence[Objective],
    quality: Quality,
    seed: int,
    redirected: bool = False,
) -> Steps[Rendering]:
    """Optimise the pictures of all objectives together, in one batch.

    Args:
        m: The network.
        objectives: The objectives to maximise.
        quality: Canvas, size, steps, learning rate and transforms.
        seed: Seed of the random start and of the transforms.
        redirected: Whether rectifiers pass gradients where they are off in the first steps.

    Yields:
        One progress per optimiser step; its preview, if any, is the pictures so far, uint8.

    Returns:
        The rendering of all objectives.
    """
    seeds = [
        seed * SEED_STRIDE + index
        for objective in objectives
        for index in range(objective.variations)
    ]
    generators = [torch.Generator().manual_seed(picture_seed) for picture_seed in seeds]
    canvas = CANVASES[quality.canvas](
        quality.size, seeds, quality.decay, quality.cap, _tensor_options(m)
    )
    optimiser = Adam(canvas.parameters, quality.rate * canvas.RATE_FACTOR)
    evaluator = _Evaluator(m, objectives)
    scores_before = evaluator.scores(canvas.images().detach())
    importance = torch.zeros((), device=m.device)
    for step in range(quality.steps):
        images = canvas.images()
        fraction = step / max(1, quality.steps - 1)
        views = transform(images, quality.transforms, fraction, generators)
        leaky = redirected and step < REDIRECTED_STEPS
        total = evaluator.total_score(views, quality.transforms.looks, leaky)
        (gradient,) = torch.autograd.grad(-total, images)
        if step >= REDIRECTED_STEPS and not gradient.any():
            break  # every gradient is 0: further steps would change nothing
        importance = importance + gradient.abs().mean(1)
        images.backward(gradient)
        optimiser.step()
        has_preview = step + 1 == FIRST_PREVIEW or (step + 1) % PREVIEW_INTERVAL == 0
        yield Progress(step + 1, quality.steps, preview=_pixels(images) if has_preview else None)
    return _rendering(evaluator, canvas.images().detach(), scores_before, importance)


def translucent(
    picture: UInt8[np.ndarray, "h w 3"], importance: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 4"]:
    """Return the picture as RGBA: opaque where the importance is high, transparent where it is low.

    From Fel et al. 2023 (MACO). The 5 % of the pixels with the highest importance are fully opaque.
    """
    opacity = importance / max(float(np.quantile(importance, 0.95)), 1e-12)
    alpha = (opacity.clip(0, 1) * 255).astype(np.uint8)
    return np.dstack([picture, alpha])


class _Evaluator:
    """Runs the network on pictures and computes the scores of their objectives."""

    def __init__(self, m: Model, objectives: Sequence[Objective]):
        self._m = m
        self._objectives = objectives
        names = list(dict.fromkeys(name for objective in objectives for name in objective.layers))
        self._layers = find_layers(m.layers, [name for name in names if name != LOGITS])
        self._needs_logits = LOGITS in names
        self._dtype = next(m.net.parameters()).dtype

    def scores(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, " n"]:
        """Compute the score of each picture."""
        with torch.no_grad():
            activations = self._activations(images)
        counts = [objective.variations for objective in self._objectives]
        parts = self._split_by_objective(activations, counts)
        return torch.cat([objective.score(part) for objective, part in parts])

    def misclassified(self, images: Float[Tensor, "n 3 h w"]) -> Bool[Tensor, " n"]:
        """Return for each class picture whether the network predicts another class."""
        targets = [
            objective.class_ for objective in self._objectives for _ in range(objective.variations)
        ]
        if not self._needs_logits:
            return torch.zeros(len(targets), dtype=torch.bool)
        with torch.no_grad():
            predicted = self._activations(images)[LOGITS].argmax(1).tolist()
        pairs = zip(targets, predicted, strict=True)
        return torch.tensor([target is not None and target != top for target, top in pairs])

    def total_score(
        self, views: Float[Tensor, "m 3 h w"], looks: int, leaky: bool
    ) -> Float[Tensor, ""]:
        """Compute the value to maximise: the mean score over a picture's views, for all pictures.

        The similarity of an objective's variations is subtracted.

        Args:
            views: The transformed pictures, the views of each in a row.
            looks: Number of views per picture.
            leaky: Whether rectifiers pass gradients where they are off.
        """
        activations = self._activations(views, leaky)
        counts = [objective.variations * looks for objective in self._objectives]
        total = torch.zeros((), device=views.device)
        for objective, part in self._split_by_objective(activations, counts):
            scores = objective.score(part)
            total = total + scores.sum() / looks
            if objective.variations > 1:
                # Scaled by the scores, so that `diversity` means the same for every layer.
                scale = objective.diversity * scores.detach().abs().mean() * objective.variations
                total = total - scale * objective.similarity(part)
        return total

    def _split_by_objective(
        self, activations: dict[str, Tensor], counts: list[int]
    ) -> Iterator[tuple[Objective, dict[str, Tensor]]]:
        """Yield each objective with the activations of its own pictures.

        Uses split, not one slice per objective: the gradient of every slice would be a whole batch
        of zeros.
        """
        parts = {name: activation.split(counts) for name, activation in activations.items()}
        for index, objective in enumerate(self._objectives):
            yield objective, {name: part[index] for name, part in parts.items()}

    def _activations(self, images: Tensor, leaky: bool = False) -> dict[str, Tensor]:
        """Return the activations of all layers that the objectives use."""
        x = self._m.preprocessing.normalised(images).to(self._dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        stop = not self._needs_logits
        with (
            self._m.borrow(backward=True) as net,
            _leaky_rectifiers(net) if leaky else nullcontext(),
            probe.Probe(net, self._layers, stop) as reading,
        ):
            output = reading.run(x)
        return reading.activations | ({LOGITS: output} if self._needs_logits else {})


def _tensor_options(m: Model) -> dict[str, object]:
    """Return the device and dtype of a canvas for this network; the dtype is at least float32."""
    dtype = torch.promote_types(next(m.net.parameters()).dtype, torch.float32)
    return {"device": m.device, "dtype": dtype}


def _rendering(
    evaluator: _Evaluator,
    images: Float[Tensor, "n 3 h w"],
    scores_before: Float[Tensor, " n"],
    importance: Float[Tensor, "n h w"],
) -> Rendering:
    """Evaluate the final pictures."""
    scores = evaluator.scores(images)
    mean_importance = importance.mean(dim=(1, 2), keepdim=True).clamp(min=1e-30)
    return Rendering(
        pictures=_pixels(images),
        scores=scores.cpu().numpy(),
        dead=torch.isclose(scores, scores_before, rtol=1e-5).cpu().numpy(),
        misclassified=evaluator.misclassified(images).cpu().numpy(),
        importance=(importance / mean_importance).cpu().numpy(),
    )


@contextmanager
def _leaky_rectifiers(net: nn.Module) -> Iterator[None]:
    """Make rectifiers pass gradients where they are off, without changing their outputs."""
    with ExitStack() as cleanup:
        for module in net.modules():
            if isinstance(module, RECTIFIERS):
                hooks = _LeakyHooks()
                cleanup.callback(module.register_forward_pre_hook(hooks.before).remove)
                cleanup.callback(module.register_forward_hook(hooks.after).remove)
        yield


class _LeakyHooks:
    """A pre-hook and a hook that add a gradient to a rectifier but keep its output."""

    def __init__(self) -> None:
        self._inputs: list[Tensor] = []

    def before(self, _module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        """Keep the rectifier's input, and give it a copy: it may work in place."""
        self._inputs[:] = inputs
        return (inputs[0].clone(),)

    def after(self, _module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        """Return the output, with the gradient of a leaky rectifier."""
        x = self._inputs.pop()
        return output + LEAK_SLOPE * (x - x.detach())


def _pixels(images: Tensor) -> UInt8[np.ndarray, "n h w 3"]:
    """Convert pictures from 0 to 1, channels first, to bytes, channels last."""
    pixels = (images.detach() * 255).round().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
