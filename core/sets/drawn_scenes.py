"""Sets of drawn scenes: a short text describes the set, and each scene is drawn on access."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from PIL import Image

from core import scenes
from core.scenes.factors import BACKGROUNDS, BadScene, Factors, check
from core.scenes.reference import MAX_SEED, SEPARATOR
from core.scenes.world import CLASSES
from core.sets.picture_set import MAX_PICTURES

SCHEME = "scenes:"
# The reference scenes that every unit is tested with (`core.dissect.reference_scenes`). No network
# was trained on this seed.
COUNT, SEED = 560, 3_000_003
TEXT = re.compile(r"(\d{1,10})~(\d{1,10})((?:~[a-z]+=[a-z,]+)*)", re.ASCII)


@dataclass(eq=False)
class DrawnScenes:
    """A set of drawn scenes with balanced classes and backgrounds; all other factors are random.

    Attributes:
        name: Title for people.
        reference: For example "scenes:200~7~classes=dog,wolf~backgrounds=snow".
        keys: Each scene's seed, index and fixed factors.
        count: Number of scenes.
        seed: Seed of the random factors.
        classes: The scenes' classes, in turn.
        backgrounds: The backgrounds, in turn for each class; random if empty.
    """

    name: str = field(init=False)
    reference: str = field(init=False)
    keys: tuple[str, ...] = field(init=False)
    count: int
    seed: int
    classes: tuple[str, ...]
    backgrounds: tuple[str, ...]

    def __post_init__(self) -> None:
        """Derive the name, the reference and the keys."""
        all_classes = self.classes == CLASSES
        title = ["Drawn scenes"] + ([] if all_classes else [", ".join(self.classes)])
        options = [] if all_classes else [f"classes={','.join(self.classes)}"]
        if self.backgrounds:
            title.append(f"on {', '.join(self.backgrounds)}")
            options.append(f"backgrounds={','.join(self.backgrounds)}")
        self.name = " ".join(title)
        self.reference = SCHEME + SEPARATOR.join([str(self.count), str(self.seed), *options])
        self.keys = tuple(
            SEPARATOR.join(
                ["scene", str(self.seed), str(index), *self._fixed_factors(index).values()]
            )
            for index in range(self.count)
        )

    def __len__(self) -> int:
        """Return the number of scenes."""
        return self.count

    def image(self, index: int, size: int = 320) -> Image.Image:
        """Draw a scene at this size (side in pixels, 16 to 1024)."""
        batch = scenes.batch(self.seed, [index], size, self._fixed_factors(index))
        return Image.fromarray(batch.pictures[0].permute(1, 2, 0).contiguous().numpy())

    def label(self, index: int) -> str:
        """Return a scene's class."""
        return self._fixed_factors(index)["class_"]

    def facts(self, index: int) -> Mapping[str, str]:
        """Return a scene's other factors, as text."""
        factors = vars(self._factors[index])
        return {name: _as_text(value) for name, value in factors.items() if name != "class_"}

    def _fixed_factors(self, index: int) -> dict[str, str]:
        """Return the factors of a scene that are not random.

        Every class appears equally often on every background.
        """
        turn, class_index = divmod(index, len(self.classes))
        factors = {"class_": self.classes[class_index]}
        if self.backgrounds:
            factors["background"] = self.backgrounds[turn % len(self.backgrounds)]
        return factors

    @cached_property
    def _factors(self) -> list[Factors]:
        """The factors of all scenes; computed together, since pages need one factor of each."""
        fixed = [self._fixed_factors(index) for index in range(self.count)]
        return scenes.factors_of(self.seed, range(self.count), fixed)


def scene_set(
    count: int = COUNT,
    seed: int = SEED,
    classes: Sequence[str] = (),
    backgrounds: Sequence[str] = (),
) -> DrawnScenes:
    """Return a set of drawn scenes.

    Args:
        count: Number of scenes, 1 to 20,000.
        seed: Seed of the random factors, 0 to 10⁹.
        classes: Classes of the scenes; all classes if empty.
        backgrounds: Backgrounds of the scenes; random if empty.

    Raises:
        BadScene: An argument is out of range, or there is no such class or background.
    """
    if not 1 <= count <= MAX_PICTURES:
        raise BadScene(f"count is {count}; a set has 1 to {MAX_PICTURES:,} scenes.")
    if not 0 <= seed <= MAX_SEED:
        raise BadScene(f"seed is {seed}; it must be between 0 and {MAX_SEED:,}.")
    for class_ in classes:
        check("class", class_, CLASSES)
    for background in backgrounds:
        check("background", background, BACKGROUNDS)
    # In the vocabulary's order, so that dogs and wolves give the same set as wolves and dogs.
    ordered_classes = tuple(class_ for class_ in CLASSES if class_ in classes)
    ordered_backgrounds = tuple(name for name in BACKGROUNDS if name in backgrounds)
    return DrawnScenes(count, seed, ordered_classes or CLASSES, ordered_backgrounds)


@lru_cache(maxsize=8)
def from_reference(reference: str) -> DrawnScenes:
    """Return the set of a reference, which links and recipes contain.

    Raises:
        BadScene: The reference is malformed, or names an unknown class or background.
    """
    match = TEXT.fullmatch(reference.removeprefix(SCHEME))
    if not match:
        raise BadScene(
            f"{reference!r} names no set of scenes; a valid reference is {SCHEME}200{SEPARATOR}7."
        )
    count, seed, options = match.groups()
    arguments = {}
    for option in filter(None, options.split(SEPARATOR)):
        name, _, values = option.partition("=")
        check("factor of a set", name, ("classes", "backgrounds"))
        arguments[name] = values.split(",")
    return scene_set(int(count), int(seed), **arguments)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
