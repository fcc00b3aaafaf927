"""What each kind of failure means in use, and what people do about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FailureText:
    """A kind of failure in words.

    Attributes:
        in_use: What it means where the network is used.
        remedies: What people do about it, with sources.
    """

    in_use: str
    remedies: str


# By group of dials (`Dial.group`).
TEXTS = {
    "Noise and blur": FailureText(
        "Poor light, a dirty or badly focused lens, or a moving camera or object. Networks fail on"
        " it sooner than people do (Geirhos et al. 2018).",
        "Train on noisy and blurred pictures (Rusak et al. 2020) or on random mixtures of"
        " changes (AugMix, Hendrycks et al. 2020); use less texture (Geirhos et al. 2019). Before"
        " the network: reject pictures that are too dark or too blurred.",
    ),
    "Light and colour": FailureText(
        "Another time of day, weather, camera or white balance than in the training pictures.",
        "Train with changed brightness, contrast and colour (AutoAugment, Cubuk et al. 2019), and"
        " with pictures from the cameras and hours of use. Before the network: correct exposure"
        " and white balance.",
    ),
    "File": FailureText(
        "Pictures that were compressed or made small on their way: messengers, web pages, video.",
        "Train on compressed pictures of the same quality (Dodge and Karam 2016 measured the"
        " damage); send the network the original file where that is possible.",
    ),
    "Position": FailureText(
        "The object is turned, small, at the edge, or partly hidden: another way to hold the"
        " camera, or another distance.",
        "Train with random crops, rotations and sizes (Engstrom et al. 2019), and with covered"
        " parts (Cutout, DeVries and Taylor 2017); use the size of objects in training (Touvron"
        " et al. 2019). Before the network: detect and crop the object.",
    ),
    "Attack": FailureText(
        "Somebody changes the picture on purpose, by less than people can see. It matters where"
        " somebody gains from a wrong answer.",
        "Train on attacked pictures (adversarial training, Madry et al. 2018), which costs accuracy"
        " on unchanged ones (Tsipras et al. 2019). Do not trust a defence that only hides the"
        " gradient (Athalye et al. 2018).",
    ),
}
TOO_SURE = (
    "**It is wrong and sure of it.** In use, nobody looks again at an answer that comes with 99 %."
    " People divide the logits by a temperature (Guo et al. 2017), let the network abstain"
    " (Geifman and El-Yaniv 2017), or average several networks (Ovadia et al. 2019)."
)
