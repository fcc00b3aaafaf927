"""A verdict on a network's heat maps in words, the same on all pages."""

from core.saliency import Trust, Verdict
from pages.parts.shared.markdown import escape_markdown

ICONS = {
    Trust.HIGH: ":material/thumb_up:",
    Trust.LIMITED: ":material/balance:",
    Trust.NONE: ":material/thumb_down:",
}


def verdict_text(verdict: Verdict) -> str:
    """Return what to do about the heat maps, in bold and with an icon, and why, as Markdown."""
    return (
        f"{ICONS[verdict.trust]} **{escape_markdown(verdict.advice)}**"
        f" {escape_markdown(verdict.sentence)}"
    )
