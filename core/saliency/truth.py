"""Scores of saliency maps against the ground truth: drawn scenes come with a mask of the object."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from core import scenes
from core.arguments import require_count
from core.dissect import reference_scenes
from core.options import Option
from core.saliency.evaluate import energy_in_mask, evaluate_steps, peak_in_mask
from core.saliency.explanation import explain_steps
from core.scenes import PARTS
from core.scenes.world import Batch
from core.steps import Progress, Steps, map_progress
from core.zoo import Model
from core.zoo.precision import FLOAT32
from core.zoo.preprocessing import Preprocessing

# Seed of the data set of scenes; no network was trained on it.
SEED = 4_000_003


@dataclass(frozen=True)
class GroundTruthScores:
    """Scores of a method's maps for the true class of scenes, one value per scene.

    Attributes:
        pointed: Whether the map's maximum is in the object.
        energy: Share of the map's positive values in the object.
        area: Share of the picture that the object covers: the expected score of a random map.
        inserted: Area under the insertion curve; NaN where it was not computed.
        deleted: Area under the deletion curve; NaN where it was not computed.
    """

    pointed: Bool[np.ndarray, " n"]
    energy: Float[np.ndarray, " n"]
    area: Float[np.ndarray, " n"]
    inserted: Float[np.ndarray, " n"]
    deleted: Float[np.ndarray, " n"]


def ground_truth_steps(
    m: Model, method: str, count: int, curves: bool = True, **options: Option
) -> Steps[GroundTruthScores]:
    """Explain the true class of new scenes and score the maps; all classes are equally frequent.

    Args:
        m: A network whose classes are those of the scenes, in the same order.
        method: A key of `methods()`.
        count: Number of scenes.
        curves: Whether to compute insertion and deletion too, which take most of the time.
        options: Options of the method.

    Raises:
        BadArgument: The number of scenes is less than 1.
    """
    require_count("The number of scenes", count)
    parts = []
    batch_size = m.batch_size
    for start in range(0, count, batch_size):
        indices = range(start, min(start + batch_size, count))
        imgs, labels, masks = _draw_scenes(indices, m.preprocessing)
        explained = yield from map_progress(
            explain_steps(m, imgs, method, labels, None, 0, None, FLOAT32, **options),
            partial(_progress_of_part, start=start, count=count, explained=False),
        )
        insertion = deletion = np.full(len(imgs), np.nan)
        if curves:
            evaluation = yield from map_progress(
                evaluate_steps(m, imgs, explained.maps, labels),
                partial(_progress_of_part, start=start, count=count, explained=True),
            )
            insertion, deletion = evaluation.insertion_area, evaluation.deletion_area
        parts.append((
            peak_in_mask(explained.maps, masks), energy_in_mask(explained.maps, masks),
            masks.mean((1, 2)), insertion, deletion,
        ))  # fmt: skip
    return GroundTruthScores(*(np.concatenate(kind) for kind in zip(*parts, strict=True)))


def mask_on_grid(
    preprocessing: Preprocessing, mask: Bool[np.ndarray, "y x"]
) -> Bool[np.ndarray, "h w"]:
    """Resize and crop a picture's mask as the network's preprocessing does with the picture."""
    picture = Image.fromarray(mask.astype(np.uint8) * 255).convert("RGB")
    return np.asarray(preprocessing.crop(picture))[..., 0] > 127


def object_masks(preprocessing: Preprocessing, drawn: Batch) -> Bool[np.ndarray, "n h w"]:
    """Return the masks of the scenes' objects on the network's input grid."""
    objects = (drawn.parts > PARTS.index("occluder")).numpy()
    return np.stack([mask_on_grid(preprocessing, mask) for mask in objects])


def _progress_of_part(progress: Progress, start: int, count: int, explained: bool) -> Progress:
    """Convert the progress of a batch into that of all scenes: one step per evaluated scene."""
    return Progress(start + (progress.step if explained else 0), count)


def _draw_scenes(
    indices: Sequence[int], preprocessing: Preprocessing
) -> tuple[list[Image.Image], list[int], Bool[np.ndarray, "n h w"]]:
    """Draw scenes as large as the input's longer side.

    Returns:
        The scenes' pictures, their classes, and the masks of their objects on the input grid: maps
        cover only what the preprocessing keeps of a picture.
    """
    facts = [{"class_": reference_scenes.class_of(index)} for index in indices]
    drawn = scenes.batch(SEED, indices, max(preprocessing.input_size[1:]), facts)
    masks = object_masks(preprocessing, drawn)
    return reference_scenes.images(drawn), drawn.labels.tolist(), masks
