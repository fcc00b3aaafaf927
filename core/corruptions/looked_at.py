"""Where a network looks at an unchanged picture, and at a step of a dial."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image

from core.corruptions.answers import dial_input_steps
from core.corruptions.dial import Dial
from core.options import Option
from core.saliency.explanation import explain_inputs_steps
from core.steps import Steps
from core.zoo import Model
from core.zoo.precision import FLOAT32


@dataclass(frozen=True)
class LookedAt:
    """Saliency maps before and after a picture was changed.

    Attributes:
        before: The map of the class for the unchanged picture.
        after: The map of the same class for the changed picture.
        answer: The map of the network's answer to the changed picture.
        class_index: The class.
        answer_index: The answer.
    """

    before: Float[np.ndarray, "h w"]
    after: Float[np.ndarray, "h w"]
    answer: Float[np.ndarray, "h w"]
    class_index: int
    answer_index: int

    @property
    def changed(self) -> bool:
        """Whether the answer is another class than the explained one."""
        return self.class_index != self.answer_index


def looked_at_steps(
    m: Model, img: Image.Image, dial: Dial, step: int, method: str, class_index: int | None,
    **options: Option,
) -> Steps[LookedAt]:  # fmt: skip
    """Compute where a network looks before and after a picture is changed.

    Args:
        m: The network.
        img: The picture.
        dial: The dial.
        step: Its step, 0 to 5.
        method: A key of `saliency.methods()`.
        class_index: The class; None for the network's answer to the unchanged picture.
        **options: Options of the method.

    Raises:
        NoClassifier: The network has no classes.
        NoSuchClass: The network has no such class.
    """
    colours = yield from dial_input_steps(m, img, dial)
    x = m.preprocessing.normalised(colours[[0, step]])
    with m.borrow() as net, torch.no_grad():
        first, answer = (int(index) for index in m.in_batches(net, x).argmax(1))
    chosen = first if class_index is None else class_index
    explained = yield from explain_inputs_steps(
        m, x[[0, 1, 1]], method, [chosen, chosen, answer], None, 0, None, FLOAT32, **options
    )
    before, after, of_answer = explained.maps
    return LookedAt(before, after, of_answer, chosen, answer)
