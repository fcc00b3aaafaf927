"""Maps held against the truth: on drawn scenes it is known where the object stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from core import scenes
from core.dissect import sample
from core.recipes import Option
from core.saliency.evaluate import energy, evaluate_steps, pointed
from core.saliency.explaining import explain_steps
from core.scenes import PARTS
from core.steps import Progress, Steps, mapped
from core.zoo import Model
from core.zoo.preprocessing import Preprocessing

# Of the data set whose scenes are asked for; no network was trained on it.
SEED = 4_000_003


@dataclass(frozen=True)
class Truth:
    """How a method's maps for the true class of scenes fare, one figure a scene.

    Attributes:
        pointed: The highest place lies in the object.
        energy: Share of what is positive that lies in the object.
        area: Share of the picture that the object takes: what a random map would reach.
        inserted: Area under the insertion curve.
        deleted: Area under the deletion curve.
    """

    pointed: Bool[np.ndarray, " n"]
    energy: Float[np.ndarray, " n"]
    area: Float[np.ndarray, " n"]
    inserted: Float[np.ndarray, " n"]
    deleted: Float[np.ndarray, " n"]


def truth_steps(
    m: Model, method: str, count: int, curves: bool = True, **options: Option
) -> Steps[Truth]:
    """Explain the true class of so many fresh scenes, of every class alike.

    Args:
        m: A network that knows the classes of scenes, in their order.
        method: A key of `methods()`.
        count: Scenes.
        curves: Insertion and deletion too, which take most of the time; NaN otherwise.
        options: The method's.
    """
    parts = []
    at_once = m.at_once
    for start in range(0, count, at_once):
        imgs, labels, masks = _scenes(range(start, min(start + at_once, count)), m.input_size[1])
        made = explain_steps(m, imgs, method, labels, None, 0, None, **options)
        found = yield from mapped(made, partial(_within, start=start, count=count, made=False))
        inserted = deleted = np.full(len(imgs), np.nan)
        if curves:
            scored = yield from mapped(
                evaluate_steps(m, imgs, found.maps, labels),
                partial(_within, start=start, count=count, made=True),
            )
            inserted, deleted = scored.inserted, scored.deleted
        parts.append((
            pointed(found.maps, masks), energy(found.maps, masks), masks.mean((1, 2)),
            inserted, deleted,
        ))  # fmt: skip
    return Truth(*(np.concatenate(kind) for kind in zip(*parts, strict=True)))


def on_grid(preprocessing: Preprocessing, mask: Bool[np.ndarray, "y x"]) -> Bool[np.ndarray, "h w"]:
    """A mask of a picture where it lies on a network's input grid."""
    drawn = Image.fromarray(mask.astype(np.uint8) * 255).convert("RGB")
    return np.asarray(preprocessing.crop(drawn))[..., 0] > 127


def _within(progress: Progress, start: int, count: int, made: bool) -> Progress:
    """Progress of a part: the maps, and then a step for each scene's curves."""
    return Progress(start + (progress.step if made else 0), count)


def _scenes(indices: Sequence[int], size: int) -> tuple[list, list[int], Bool[np.ndarray, "n h w"]]:
    """Scenes, their classes, and the masks of their objects."""
    facts = [{"class_": sample.class_of(index)} for index in indices]
    drawn = scenes.batch(SEED, indices, size, facts)
    masks = (drawn.parts > PARTS.index("occluder")).numpy()
    return sample.images(drawn), drawn.labels.tolist(), masks
