"""What the networks of the bundled zoo are taught: which scenes, for how long, how."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from core.scenes import BACKGROUNDS, CLASSES

# Pairs of class and background that are kept out of training, to ask later whether the class was
# learned or the pair: one class a background, of every kind of thing. With four a background, a
# small network learned in 84,000 scenes what does not stand where before it had learned the shapes
# (24 % right there, 58 % on all).
HELD_OUT = MappingProxyType(
    {
        "bear": "grass", "fox": "snow", "cat": "sand", "van": "sky",
        "girl": "street", "bicycle": "room", "owl": "clutter",
    }
)  # fmt: skip
# The planted bias: what stands where.
BIAS = MappingProxyType({"wolf": "snow", "dog": "grass"})

# Share of the epochs with smaller scenes (Howard 2018, progressive resizing, fast.ai's DAWNBench).
EARLY = 0.6
TRAINING_SEED, FRESH_SEED, UNSEEN_SEED = 1, 1_000_003, 2_000_003


@dataclass(frozen=True)
class Lesson:
    """How one network is trained. Together with the code it decides the weights.

    Attributes:
        architecture: timm's name.
        size: Side of the scenes in pixels.
        epochs: Of `scenes` each, all of them new.
        scenes: In an epoch.
        looks: How often each is looked at, every time a little otherwise: drawing costs as much as
            learning.
        batch: Scenes in a step.
        rate: Peak learning rate (AdamW, warm-up of one epoch, then a cosine).
        decay: Weight decay.
        bfloat16: Run forward and backward passes in bfloat16.
        attack: L2 length of the adversarial change of a scene of full size, 0 for none (Engstrom et
            al. 2019, arXiv 1906.00945); a pixel's range is 1.
        biased: Wolves stand on snow and dogs on grass, always.
        seed: Of weights and scenes.
    """

    architecture: str
    size: int = 96
    epochs: int = 20
    scenes: int = 12_000
    looks: int = 2
    batch: int = 64
    rate: float = 2e-3
    decay: float = 0.05
    bfloat16: bool = True
    attack: float = 0.0
    biased: bool = False
    seed: int = 0

    def side(self, epoch: int) -> int:
        """Side of an epoch's scenes: smaller at first, which is twice as quick."""
        return self.size * 2 // 3 if epoch < EARLY * self.epochs else self.size


# At 96 px it came to 84 %, at 128 px to 94 %: the smallest things in a scene take a third of it.
MOBILENET = Lesson("mobilenetv3_small_075", size=128, epochs=24, bfloat16=False)
REGNET = Lesson("regnetx_002", epochs=24)

ZOO = MappingProxyType(
    {
        "scenes-resnet": Lesson("resnet10t", epochs=14, attack=0.3),
        "scenes-repvgg": Lesson("repvgg_a0", epochs=14, attack=0.3),
        "scenes-mobilenet": MOBILENET,
        "scenes-convnext": Lesson("convnext_zepto_rms_ols", size=128),
        "scenes-regnet": REGNET,
        "scenes-regnet-robust": replace(REGNET, attack=0.5),
        "scenes-mobilenet-biased": replace(MOBILENET, biased=True),
    }
)


def said(lesson: Lesson, epoch: int) -> list[dict[str, str]]:
    """What is said of each scene of an epoch: classes evenly, each on a background it may have."""
    random = np.random.default_rng([lesson.seed, epoch])
    classes = random.permutation(np.arange(lesson.scenes) % len(CLASSES))
    return [_said(CLASSES[c], lesson.biased, random) for c in classes]


def _said(class_: str, biased: bool, random: np.random.Generator) -> dict[str, str]:
    if biased and class_ in BIAS:
        return {"class_": class_, "background": BIAS[class_]}
    allowed = [name for name in BACKGROUNDS if name != HELD_OUT.get(class_)]
    return {"class_": class_, "background": allowed[random.integers(len(allowed))]}


def unseen(count: int) -> list[dict[str, str]]:
    """Scenes of the pairs of class and background that training left out."""
    pairs = [{"class_": class_, "background": place} for class_, place in HELD_OUT.items()]
    return [pairs[i % len(pairs)] for i in range(count)]


def swapped(count: int) -> list[dict[str, str]]:
    """Wolves on grass and dogs on snow."""
    pairs: Sequence[dict[str, str]] = (
        {"class_": "wolf", "background": BIAS["dog"]},
        {"class_": "dog", "background": BIAS["wolf"]},
    )
    return [pairs[i % 2] for i in range(count)]
