"""Sets of drawn scenes: a text says which, and none is drawn before it is looked at."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from PIL import Image

from core import scenes
from core.scenes.factors import BACKGROUNDS, BadScene, Factors, check
from core.scenes.reference import MARK, MAX_SEED
from core.scenes.world import CLASSES
from core.sets.picture_set import MOST

SCHEME = "scenes:"
# Those that units are shown (`core.dissect.sample`): no network was trained on this seed.
COUNT, SEED = 560, 3_000_003
TEXT = re.compile(r"(\d{1,10})~(\d{1,10})((?:~[a-z]+=[a-z,]+)*)", re.ASCII)


@dataclass(eq=False)
class DrawnScenes:
    """Scenes of some classes alike, on some backgrounds alike; the rest comes by chance.

    Attributes:
        name: What a person calls it.
        reference: "scenes:200~7~classes=dog,wolf~backgrounds=snow".
        keys: Of each scene what was said of it, its seed and its number.
        count: How many.
        seed: Of all that is not said.
        classes: What stands in them, in turn.
        backgrounds: Where, in turn for each class; by chance where empty.
    """

    name: str = field(init=False)
    reference: str = field(init=False)
    keys: tuple[str, ...] = field(init=False)
    count: int
    seed: int
    classes: tuple[str, ...]
    backgrounds: tuple[str, ...]

    def __post_init__(self) -> None:
        """Name it."""
        every = self.classes == CLASSES
        which = [] if every else [", ".join(self.classes)]
        said = [] if every else [f"classes={','.join(self.classes)}"]
        if self.backgrounds:
            which.append(f"on {', '.join(self.backgrounds)}")
            said.append(f"backgrounds={','.join(self.backgrounds)}")
        self.name = " ".join(["Drawn scenes", *which])
        self.reference = SCHEME + MARK.join([str(self.count), str(self.seed), *said])
        self.keys = tuple(
            MARK.join(["scene", str(self.seed), str(index), *self._said(index).values()])
            for index in range(self.count)
        )

    def __len__(self) -> int:
        """How many scenes."""
        return self.count

    def image(self, index: int, size: int = 320) -> Image.Image:
        """A scene, drawn at this size (side in pixels, 16 to 1024)."""
        drawn = scenes.batch(self.seed, [index], size, self._said(index))
        return Image.fromarray(drawn.pictures[0].permute(1, 2, 0).contiguous().numpy())

    def label(self, index: int) -> str:
        """What stands in a scene."""
        return self._said(index)["class_"]

    def facts(self, index: int) -> Mapping[str, str]:
        """The other factors of a scene, as text."""
        made = vars(self._factors[index])
        return {name: _written(value) for name, value in made.items() if name != "class_"}

    def _said(self, index: int) -> dict[str, str]:
        """What is not left to chance: every class comes before every background alike."""
        turn, which = divmod(index, len(self.classes))
        said = {"class_": self.classes[which]}
        if self.backgrounds:
            said["background"] = self.backgrounds[turn % len(self.backgrounds)]
        return said

    @cached_property
    def _factors(self) -> list[Factors]:
        """Of all scenes: pages ask for one factor of every scene."""
        said = [self._said(index) for index in range(self.count)]
        return scenes.factors_of(self.seed, range(self.count), said)


def drawn(
    count: int = COUNT,
    seed: int = SEED,
    classes: Sequence[str] = (),
    backgrounds: Sequence[str] = (),
) -> DrawnScenes:
    """A set of drawn scenes.

    Args:
        count: 1 to 20,000.
        seed: 0 to 10⁹.
        classes: What stands in them; all there are where empty.
        backgrounds: Where; by chance where empty.

    Raises:
        BadScene: Any of it can't be, with what there is.
    """
    if not 1 <= count <= MOST:
        raise BadScene(f"count is {count}; a set has 1 to {MOST:,} scenes.")
    if not 0 <= seed <= MAX_SEED:
        raise BadScene(f"seed is {seed}; it goes from 0 to {MAX_SEED:,}.")
    for class_ in classes:
        check("class", class_, CLASSES)
    for background in backgrounds:
        check("background", background, BACKGROUNDS)
    # In the order of the vocabulary: who asks for dogs and wolves gets the same as for wolves and
    # dogs.
    kept = tuple(class_ for class_ in CLASSES if class_ in classes) or CLASSES
    behind = tuple(background for background in BACKGROUNDS if background in backgrounds)
    return DrawnScenes(count, seed, kept, behind)


@lru_cache(maxsize=8)
def from_reference(reference: str) -> DrawnScenes:
    """The set of a reference, as links and recipes hold it.

    Raises:
        BadScene: It is none, or names what there is not.
    """
    found = TEXT.fullmatch(reference.removeprefix(SCHEME))
    if not found:
        raise BadScene(f"{reference!r} names no set of scenes; one is called {SCHEME}200{MARK}7.")
    count, seed, said = found.groups()
    chosen = {}
    for fact in filter(None, said.split(MARK)):
        name, _, values = fact.partition("=")
        check("factor of a set", name, ("classes", "backgrounds"))
        chosen[name] = values.split(",")
    return drawn(int(count), int(seed), **chosen)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
