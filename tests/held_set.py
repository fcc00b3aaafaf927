"""A set of pictures that a test holds in its hands."""

from collections.abc import Mapping, Sequence

from PIL import Image

from core import images, scenes


class HeldSet:
    """Pictures with labels, as a set; counts how often each was asked for."""

    def __init__(self, name: str, imgs: Sequence[Image.Image], labels: Sequence[str] = ()):
        self.name = name
        self.keys = tuple(images.picture_id(img) for img in imgs)
        self.reference = f"held:{name}"
        self.classes = tuple(sorted(set(labels)))
        self.asked: list[int] = []
        self.pictures = list(imgs)
        self._labels = list(labels) or [""] * len(self.pictures)

    def __len__(self) -> int:
        return len(self.keys)

    def image(self, index: int, size: int = 320) -> Image.Image:
        self.asked.append(index)
        return self.pictures[index]

    def label(self, index: int) -> str:
        return self._labels[index]

    def facts(self, index: int) -> Mapping[str, str]:
        return {}


def drawn(count: int, size: int = 96, classes: Sequence[str] = scenes.CLASSES) -> HeldSet:
    """Scenes of some classes in turn, as a set."""
    labels = [classes[index % len(classes)] for index in range(count)]
    imgs = [scenes.draw(label, seed=index, size=size).image for index, label in enumerate(labels)]
    return HeldSet(f"drawn {count}", imgs, labels)
