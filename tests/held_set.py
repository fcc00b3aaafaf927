"""A picture set in memory, for tests."""

from collections.abc import Mapping, Sequence

from PIL import Image

from core import images, scenes


class InMemorySet:
    """A picture set with labels that records which pictures are read.

    Args:
        name: Title, and part of the reference.
        imgs: The pictures.
        labels: The pictures' classes; no picture has a label if empty.

    Attributes:
        pictures: The pictures.
        read_indices: The index of each picture that was read, in order.
    """

    def __init__(self, name: str, imgs: Sequence[Image.Image], labels: Sequence[str] = ()):
        self.name = name
        self.keys = tuple(images.picture_id(img) for img in imgs)
        self.reference = f"held:{name}"
        self.classes = tuple(sorted(set(labels)))
        self.read_indices: list[int] = []
        self.pictures = list(imgs)
        self._labels = list(labels) or [""] * len(self.pictures)

    def __len__(self) -> int:
        return len(self.keys)

    def image(self, index: int, size: int = 320) -> Image.Image:
        self.read_indices.append(index)
        return self.pictures[index]

    def label(self, index: int) -> str:
        return self._labels[index]

    def facts(self, index: int) -> Mapping[str, str]:
        return {}


def draw_set(count: int, size: int = 96, classes: Sequence[str] = scenes.CLASSES) -> InMemorySet:
    """Draw scenes of some classes in turn, as a set."""
    labels = [classes[index % len(classes)] for index in range(count)]
    imgs = [scenes.draw(label, seed=index, size=size).image for index, label in enumerate(labels)]
    return InMemorySet(f"drawn {count}", imgs, labels)
