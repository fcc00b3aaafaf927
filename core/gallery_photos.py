"""The photographs of the gallery, which installed packages ship."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Photo:
    """A photograph that an installed package ships.

    Attributes:
        title: What it shows.
        package: The package that ships it.
        path: Path of the file within the package.
        credit: Its author and licence.
        classes: The ImageNet classes that show it, by their first names; empty where none does.
    """

    title: str
    package: str
    path: str
    credit: str
    classes: tuple[str, ...] = ()


PHOTOS = MappingProxyType(
    {
        "chelsea": Photo(
            "Chelsea the cat", "skimage", "data/chelsea.png", "Stéfan van der Walt, CC0",
            ("tabby", "tiger cat", "Egyptian cat"),
        ),
        "coffee": Photo(
            "Cup of coffee", "skimage", "data/coffee.png", "Rachel Michetti, CC0",
            ("espresso", "cup", "coffee mug"),
        ),
        "rocket": Photo(
            "Rocket on its pad", "skimage", "data/rocket.jpg", "SpaceX, public domain",
            ("missile", "projectile"),
        ),
        "astronaut": Photo(
            "Astronaut Eileen Collins", "skimage", "data/astronaut.png", "NASA, public domain"
        ),
        "flower": Photo("Dahlia", "sklearn", "datasets/images/flower.jpg", "vultilion, CC BY 2.0"),
        "china": Photo(
            "Summer Palace", "sklearn", "datasets/images/china.jpg", "danielbuechele, CC BY 2.0",
            ("palace",),
        ),
        "camera": Photo(
            "Cameraman", "skimage", "data/camera.png", "Lav Varshney, CC0",
            ("tripod", "reflex camera"),
        ),
        "galaxies": Photo(
            "Distant galaxies", "skimage", "data/hubble_deep_field.jpg", "NASA, public domain"
        ),
        "retina": Photo("Human retina", "skimage", "data/retina.jpg", "Mikael Häggström, CC0"),
        "brick": Photo("Brick wall", "skimage", "data/brick.png", "CC0Textures, CC0"),
        "grass": Photo("Grass", "skimage", "data/grass.png", "linolafett, CC0"),
        "gravel": Photo("Gravel", "skimage", "data/gravel.png", "CC0Textures, CC0"),
    }
)  # fmt: skip
