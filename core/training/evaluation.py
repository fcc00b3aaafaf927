"""Evaluate a trained network on scenes that are not in its training data."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from core import dissect, predict, scenes
from core.training.configs import (
    FRESH_SEED,
    HELD_OUT_SEED,
    TrainingConfig,
    held_out_factors,
    swapped_factors,
)
from core.zoo import Model

# Numbers of scenes in each test.
FRESH_SCENES, HELD_OUT_SCENES, SWAPPED_SCENES, DEAD_UNIT_SCENES = 2400, 2400, 300, 240
BATCH = 120

# (true class, predicted class) of each scene.
Predictions = list[tuple[str, str]]


@dataclass(frozen=True)
class Evaluation:
    """Accuracies of a network, and its share of dead units. All shares are in 0 to 1.

    Attributes:
        fresh_accuracy: Accuracy on new scenes of all classes and backgrounds.
        held_out_accuracy: Accuracy on pairs of class and background excluded from training.
        swapped_accuracy: Accuracy on wolves on grass and dogs on snow.
        dead_share: Share of units whose activation is almost constant.
        predictions: True and predicted class of every new scene.
    """

    fresh_accuracy: float
    held_out_accuracy: float
    swapped_accuracy: float
    dead_share: float
    predictions: Predictions

    def class_accuracy(self, class_: str) -> tuple[float, str]:
        """Return the accuracy on a class and its most frequent wrong prediction: "fox (51)"."""
        counts = Counter(predicted for true, predicted in self.predictions if true == class_)
        correct = counts.pop(class_, 0)
        accuracy = correct / max(1, correct + counts.total())
        errors = counts.most_common(1)
        return accuracy, f"{errors[0][0]} ({errors[0][1]})" if errors else ""


def evaluate(m: Model, config: TrainingConfig, subsample: int = 1) -> Evaluation:
    """Evaluate a network on scenes that are not in its training data.

    Args:
        m: The network.
        config: Its training configuration, which has the size of the scenes.
        subsample: Divide the number of scenes by this.
    """
    classes = scenes.CLASSES
    fresh = [{"class_": classes[i % len(classes)]} for i in range(FRESH_SCENES // subsample)]
    held_out = held_out_factors(HELD_OUT_SCENES // subsample)
    swapped = swapped_factors(SWAPPED_SCENES // subsample)
    predictions = _predict(m, config, FRESH_SEED, fresh)
    batches = _draw_batches(config, FRESH_SEED, fresh[:DEAD_UNIT_SCENES])
    dead_unit_images = [img for imgs, _ in batches for img in imgs]
    return Evaluation(
        fresh_accuracy=_accuracy(predictions),
        held_out_accuracy=_accuracy(_predict(m, config, HELD_OUT_SEED, held_out)),
        swapped_accuracy=_accuracy(_predict(m, config, HELD_OUT_SEED + 1, swapped)),
        dead_share=dissect.dead_share(m, dead_unit_images),
        predictions=predictions,
    )


def _accuracy(predictions: Predictions) -> float:
    return sum(true == predicted for true, predicted in predictions) / len(predictions)


def _predict(
    m: Model, config: TrainingConfig, seed: int, factors: Sequence[dict[str, str]]
) -> Predictions:
    predictions: Predictions = []
    for imgs, classes in _draw_batches(config, seed, factors):
        top = predict.scores(m, imgs).logits.argmax(axis=1)
        predictions += zip(classes, (m.labels[index] for index in top), strict=True)
    return predictions


def _draw_batches(
    config: TrainingConfig, seed: int, factors: Sequence[dict[str, str]]
) -> Iterator[tuple[list[Image.Image], list[str]]]:
    """Yield the pictures and the classes of scenes, batch by batch."""
    for start in range(0, len(factors), BATCH):
        batch_factors = factors[start : start + BATCH]
        indices = range(start, start + len(batch_factors))
        drawn = scenes.batch(seed, indices, config.size, batch_factors)
        pixels = drawn.pictures.permute(0, 2, 3, 1).contiguous().numpy()
        imgs = [Image.fromarray(picture) for picture in pixels]
        yield imgs, [scene["class_"] for scene in batch_factors]
