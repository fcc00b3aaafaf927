"""Climbs: changes pictures step by step so that their objectives' scores rise."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from core import probe
from core.steps import Progress, Steps
from core.visualize.canvas import CANVASES
from core.visualize.objectives import Objective
from core.visualize.quality import Quality
from core.visualize.terms import LOGITS
from core.visualize.transforms import looked_at
from core.zoo import Model

# Steps at first in which rectifiers may let gradients through where they are off (lucid's
# redirected ReLU), and how much: a unit that is off everywhere gives no direction otherwise. Others
# are better off without: half as many class pictures carried over to another network with it.
REDIRECTED, LEAK = 16, 0.1
RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.Hardswish)
# Steps after which there is a first preview, and steps between later ones.
FIRST_PREVIEW, PREVIEW = 4, 16
# Seeds of one picture's faces lie beside each other, those of two seeds apart.
FACES = 1000


@dataclass(frozen=True)
class Rendering:
    """Pictures that were made.

    Attributes:
        pictures: All faces of the first objective, then of the next.
        scores: Of each picture as it stands, without transforms.
        dead: The score never moved: the picture shows nothing.
        missed: Of a class picture: the network itself puts another class first.
        importance: How much the objective pulled at each pixel over the run, its mean being 1.
    """

    pictures: UInt8[np.ndarray, "n h w 3"]
    scores: Float[np.ndarray, " n"]
    dead: Bool[np.ndarray, " n"]
    missed: Bool[np.ndarray, " n"]
    importance: Float[np.ndarray, "n h w"]


def climb_steps(
    m: Model, objectives: Sequence[Objective], plan: Quality, seed: int, redirected: bool = False
) -> Steps[Rendering]:
    """Make the pictures of some objectives together; a preview is the pictures so far.

    With `redirected`, rectifiers that are off let gradients through at first.
    """
    seeds = [seed * FACES + face for objective in objectives for face in range(objective.faces)]
    dtype = torch.promote_types(next(m.net.parameters()).dtype, torch.float32)
    place = {"device": m.device, "dtype": dtype}
    canvas = CANVASES[plan.canvas](plan.size, seeds, plan.decay, plan.cap, place)
    dice = [torch.Generator().manual_seed(one) for one in seeds]
    optimiser = torch.optim.Adam([canvas.parameters], lr=plan.rate * canvas.PACE)
    see = _Sight(m, objectives)
    before = see.scores(canvas.images().detach())
    pull = torch.zeros((), device=m.device)
    for step in range(plan.steps):
        images = canvas.images()
        share = step / max(1, plan.steps - 1)
        with see.redirected() if redirected and step < REDIRECTED else ExitStack():
            worth = see.worth(looked_at(images, plan.transforms, share, dice), plan)
        (change,) = torch.autograd.grad(-worth, images)
        if step >= REDIRECTED and not change.any():
            break  # all flat: more steps would change nothing
        pull = pull + change.abs().mean(1)
        optimiser.zero_grad()
        images.backward(change)
        optimiser.step()
        shown = step + 1 == FIRST_PREVIEW or (step + 1) % PREVIEW == 0
        yield Progress(step + 1, plan.steps, preview=_pixels(images) if shown else None)
    images = canvas.images().detach()
    after = see.scores(images)
    level = pull.mean(dim=(1, 2), keepdim=True).clamp(min=1e-30)
    return Rendering(
        pictures=_pixels(images),
        scores=after.cpu().numpy(),
        dead=torch.isclose(after, before, rtol=1e-5).cpu().numpy(),
        missed=see.missed(images).cpu().numpy(),
        importance=(pull / level).cpu().numpy(),
    )


class _Sight:
    """What the objectives say of pictures, as the network sees these."""

    def __init__(self, m: Model, objectives: Sequence[Objective]):
        self._m = m
        self._objectives = objectives
        names = list(dict.fromkeys(name for one in objectives for name in one.layers))
        self._layers = probe.find(m.layers, [name for name in names if name != LOGITS])
        self._whole = LOGITS in names
        self._dtype = next(m.net.parameters()).dtype

    def scores(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, " n"]:
        """The score of each picture."""
        with torch.no_grad():
            activations = self._activations(images)
        counts = [objective.faces for objective in self._objectives]
        return torch.cat([one.score(own) for one, own in self._each(activations, counts)])

    def missed(self, images: Float[Tensor, "n 3 h w"]) -> Bool[Tensor, " n"]:
        """Which pictures of a class the network takes for another."""
        wanted = [one.class_ for one in self._objectives for _ in range(one.faces)]
        if not self._whole:
            return torch.zeros(len(wanted), dtype=torch.bool)
        with torch.no_grad():
            first = self._activations(images)[LOGITS].argmax(1).tolist()
        pairs = zip(wanted, first, strict=True)
        return torch.tensor([own is not None and own != top for own, top in pairs])

    def worth(self, seen: Float[Tensor, "m 3 h w"], plan: Quality) -> Float[Tensor, ""]:
        """What is climbed: the sum over pictures of their mean score over looks."""
        activations = self._activations(seen)
        looks = plan.transforms.looks
        counts = [objective.faces * looks for objective in self._objectives]
        worth = torch.zeros((), device=seen.device)
        for objective, own in self._each(activations, counts):
            scores = objective.score(own)
            worth = worth + scores.sum() / looks
            if objective.faces > 1:
                scale = objective.diversity * scores.detach().abs().mean() * objective.faces
                worth = worth - scale * objective.likeness(own)
        return worth

    def _each(
        self, activations: dict[str, Tensor], counts: list[int]
    ) -> Iterator[tuple[Objective, dict[str, Tensor]]]:
        """Each objective with its pictures' activations.

        Split, not sliced one by one: each slice's gradient would fill a whole batch with zeros.
        """
        parts = {name: part.split(counts) for name, part in activations.items()}
        for index, objective in enumerate(self._objectives):
            yield objective, {name: part[index] for name, part in parts.items()}

    def _activations(self, images: Tensor) -> dict[str, Tensor]:
        x = self._m.preprocessing.normalised(images).to(self._dtype)
        x = x.contiguous(memory_format=torch.channels_last)
        early = not self._whole
        with self._m.borrow(backward=True) as net, probe.Probe(net, self._layers, early) as reading:
            output = reading.run(x)
        return reading.activations | ({LOGITS: output} if self._whole else {})

    @contextmanager
    def redirected(self) -> Iterator[None]:
        """Let gradients through rectifiers that are off; what these give stays the same."""
        with ExitStack() as cleanup:
            for module in self._m.net.modules():
                if isinstance(module, RECTIFIERS):
                    before, after = _leak()
                    cleanup.callback(module.register_forward_pre_hook(before).remove)
                    cleanup.callback(module.register_forward_hook(after).remove)
            yield


def translucent(
    picture: UInt8[np.ndarray, "h w 3"], importance: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 4"]:
    """A picture that is opaque where the objective pulled, and fades where it did not.

    From Fel et al. 2023 (MACO); the strongest twentieth of the places is fully opaque.
    """
    opaque = importance / max(float(np.quantile(importance, 0.95)), 1e-12)
    alpha = (opaque.clip(0, 1) * 255).astype(np.uint8)
    return np.dstack([picture, alpha])


def _leak() -> tuple[Callable[..., object], Callable[..., object]]:
    """Hooks that add to a rectifier's output nothing but a gradient."""
    given: list[Tensor] = []

    def before(_module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        given[:] = inputs
        return (inputs[0].clone(),)  # a rectifier that works in place must leave the input

    def after(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        x = given.pop()
        return output + LEAK * (x - x.detach())

    return before, after


def _pixels(images: Tensor) -> UInt8[np.ndarray, "n h w 3"]:
    pixels = (images.detach() * 255).round().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
