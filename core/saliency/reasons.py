"""Right for the right reason: is an answer right, and is its evidence on the object?

After Boggust et al. 2022, "Shared Interest: Measuring human-AI alignment to identify recurring
patterns in model behavior" (arXiv 2107.09234), on drawn scenes, whose objects have exact masks. The
evidence is a saliency map of the network's own answer. A map can mislead: what a network uses is
proved by changing the picture (`core.interventions`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from core import predict, scenes
from core.arguments import require_count
from core.dissect import reference_scenes
from core.saliency.evaluate import peak_in_mask
from core.saliency.explanation import explain_steps
from core.saliency.truth import object_masks
from core.scenes.world import Batch
from core.steps import Steps, as_step, map_progress
from core.zoo import Model

# Seed of the scenes; no network was trained on them.
SEED = 6_000_011
METHOD = "stage_cam"
# Side of the maps that are kept, in pixels: they ship with networks.
MAP_SIDE = 16


@dataclass(frozen=True)
class Reasons:
    """Answers to scenes, and where their evidence is.

    Attributes:
        shown: The class that each scene shows.
        answered: The network's answer to each scene.
        on_object: Whether the maximum of the answer's map is on the object (the pointing game of
            Zhang et al. 2018). The share of the map that is on it says little here: maps are wider
            than small objects.
        area: Share of the picture that the object covers: the chance of a random maximum.
        maps: The map of the answer, made smaller; 0 to 255, its maximum.
    """

    shown: tuple[str, ...]
    answered: tuple[str, ...]
    on_object: Bool[np.ndarray, " n"]
    area: Float[np.ndarray, " n"]
    maps: UInt8[np.ndarray, "n y x"]

    @property
    def right(self) -> Bool[np.ndarray, " n"]:
        """Whether each answer is right."""
        return np.array(self.shown) == np.array(self.answered)

    def rows(self, right: bool, on_object: bool) -> list[int]:
        """Return the numbers of the scenes of one cell of the table."""
        return np.flatnonzero((self.right == right) & (self.on_object == on_object)).tolist()


def reason_steps(m: Model, classes: Sequence[str], count: int) -> Steps[Reasons]:
    """Ask a network about new scenes, and find where the evidence for its answers is.

    Args:
        m: The network, which knows the classes.
        classes: Classes of the scenes, in turn.
        count: Number of scenes.

    Raises:
        BadArgument: The number of scenes is less than 1.
    """
    require_count("The number of scenes", count)
    labels = m.labels
    answered, pointed, areas, maps = [], [], [], []
    for start in range(0, count, m.batch_size):
        rows = range(start, min(start + m.batch_size, count))
        drawn = _batch(classes, rows, max(m.input_size[1:]))
        imgs, masks = reference_scenes.images(drawn), object_masks(m.preprocessing, drawn)
        answers = predict.scores(m, imgs).logits.argmax(1).tolist()
        explained = (yield from map_progress(
            explain_steps(m, imgs, METHOD, answers), as_step(start, count)
        )).maps  # fmt: skip
        answered += [labels[answer] for answer in answers]
        pointed.append(peak_in_mask(explained, masks))
        areas.append(masks.mean((1, 2)))
        maps += [_smaller(each) for each in explained]
    shown = tuple(classes[row % len(classes)] for row in range(count))
    return Reasons(
        shown, tuple(answered), np.concatenate(pointed), np.concatenate(areas), np.stack(maps)
    )


def reason_scenes(classes: Sequence[str], rows: Sequence[int], size: int) -> list[Image.Image]:
    """Draw the scenes of `reason_steps` with these numbers, `size` pixels wide and high."""
    return reference_scenes.images(_batch(classes, rows, size))


def _batch(classes: Sequence[str], rows: Sequence[int], size: int) -> Batch:
    return scenes.batch(
        SEED, list(rows), size, [{"class_": classes[row % len(classes)]} for row in rows]
    )


def _smaller(values: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "y x"]:
    """Return a map's positive values, made smaller, as 0 to 255."""
    heat = Image.fromarray(values.clip(0).astype(np.float32))
    small = np.asarray(heat.resize((MAP_SIDE, MAP_SIDE), Image.Resampling.BOX))
    return (small / max(float(small.max()), 1e-30) * 255).round().astype(np.uint8)
