"""A network's name on a page: short, with a badge that says where the network comes from."""

from core.zoo import Card
from pages.parts.shared.markdown import escape_markdown

BADGES = {
    "bundled": "drawn scenes",
    "installed": "ImageNet",
    "local": "local",
    "trained": "trained here",
    "hub": "timm",
    "untrained": "untrained",
}


def with_badge(card: Card) -> str:
    """Return a network's title and its badge as Markdown."""
    return f"**{escape_markdown(card.title)}** :gray-badge[{BADGES[card.source]}]"
