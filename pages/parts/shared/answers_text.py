"""What networks say about a picture, in a sentence: the same words on all pages.

Networks are compared with those that know the same things: one that was taught on drawn scenes has
no class for a macaw, so it does not disagree with those of ImageNet about one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.pictures import Picture
from core.predict import Prediction
from core.zoo import Card
from pages.parts.shared.drawings_only import SCENE, knows_imagenet_only
from pages.parts.shared.markdown import escape_markdown

SCENES_KIND, IMAGENET_KIND, OTHER_KIND = "drawn-scene", "ImageNet", "other"


@dataclass(frozen=True)
class NetworkAnswer:
    """The top class of a network.

    Attributes:
        title: A title that no other network on the page has.
        card: The network's card.
        top: The class and its probability.
    """

    title: str
    card: Card
    top: Prediction

    @property
    def kind(self) -> str:
        """What the network was taught on; "untrained" where it was not."""
        if self.card.source == "untrained":
            return self.card.source
        if self.card.knows_scenes_only:
            return SCENES_KIND
        return IMAGENET_KIND if knows_imagenet_only(self.card) else OTHER_KIND


@dataclass(frozen=True)
class AnswersText:
    """The sentence.

    Attributes:
        text: The sentence, in Markdown.
        agree: Whether all networks that can know the picture say the same; None where they are
            fewer than two.
    """

    text: str
    agree: bool | None


def describe_answers(answers: Sequence[NetworkAnswer], picture: Picture) -> AnswersText:
    """Return in words what networks say; those that know such pictures come first.

    Args:
        answers: The answer of each network, at least one.
        picture: The picture.
    """
    kinds = {each.kind: [a for a in answers if a.kind == each.kind] for each in answers}
    ranks = {kind: _rank(kind, picture) for kind in kinds}
    parts = [
        _kind_text(kind, kinds[kind], name_kind=len(kinds) > 1, knows=ranks[kind] == 0)
        for kind in sorted(kinds, key=lambda kind: ranks[kind])
    ]
    able = [each.top.label for each in answers if ranks[each.kind] == min(ranks.values())]
    trained = [each for each in answers if each.kind != "untrained"]
    agree = len(set(able)) == 1 if trained and len(able) > 1 else None
    return AnswersText(f"{'. '.join(parts)}.", agree)


def everyone(count: int) -> str:
    """Return the words for all of some networks."""
    return "Both" if count == 2 else f"All {count}"


def _rank(kind: str, picture: Picture) -> int:
    """Return 0 for networks that can know the picture, 1 for others, 2 for untrained ones."""
    if kind == "untrained":
        return 2
    foreign = IMAGENET_KIND if picture.reference.startswith(SCENE) else SCENES_KIND
    return int(kind == foreign)


def _kind_text(kind: str, answers: Sequence[NetworkAnswer], *, name_kind: bool, knows: bool) -> str:
    if kind == "untrained" or len({each.top.label for each in answers}) > 1 or len(answers) == 1:
        return "; ".join(_says(each) + _reservation(kind, knows) for each in answers)
    name = f" {kind} networks" if name_kind else ""
    said = f"{everyone(len(answers))}{name} say **{escape_markdown(answers[0].top.label)}**"
    return said + _reservation(kind, knows, many=True)


def _says(answer: NetworkAnswer) -> str:
    said = f"{escape_markdown(answer.title)} says **{escape_markdown(answer.top.label)}**"
    # Of hundreds of classes, each has a probability near 0 % by chance.
    return said if answer.kind == "untrained" else f"{said} ({answer.top.probability:.0%})"


def _reservation(kind: str, knows: bool, many: bool = False) -> str:
    """Return why the answer means little; empty where it does not."""
    if knows:
        return ""
    if kind == "untrained":
        return ", by chance: it is untrained"
    known = "drawn scenes" if kind == SCENES_KIND else "photographs"
    return f", but {'they know' if many else 'it knows'} only {known}"
