"""Text from outside, for places that read Markdown."""

import re


def plain(text: object) -> str:
    """The text as it is: nothing in it becomes a link, a picture or a format.

    For whatever a link or a file may hold, such as names of models and what errors say of them.
    """
    return re.sub(r"([\\`*\[\]<>!:$#|~&])", r"\\\1", str(text))
