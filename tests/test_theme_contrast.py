"""All text reaches the contrast of WCAG 2.2 (level AA) in both themes."""

import tomllib

import pytest

from tests.conftest import PROJECT

Rgb = tuple[float, float, float]

WHITE: Rgb = (255, 255, 255)
# WCAG 2.2, success criterion 1.4.3.
ENOUGH = 4.5
# Opacity of captions, and of the primary colour behind a chosen segment (Streamlit 1.67).
CAPTION, TINT = 0.6, 0.1
# White on a colour, and the same colour on its own tint over a dark background, cannot both reach
# 4.5: over black the second is at most 4.4.
CHOSEN_SEGMENT_IN_DARK = 4.15


def rgb(colour: str) -> Rgb:
    """Return the channels of a colour such as "#0b6e8f"."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def luminance(colour: Rgb) -> float:
    """Return the relative luminance, as WCAG defines it."""
    shares = [channel / 255 for channel in colour]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: Rgb, b: Rgb) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def blend(front: Rgb, back: Rgb, opacity: float) -> Rgb:
    """Return a colour in front of another."""
    red, green, blue = (opacity * f + (1 - opacity) * b for f, b in zip(front, back, strict=True))
    return red, green, blue


def theme(name: str) -> dict[str, Rgb]:
    """Return the colours of a theme, those of its sidebar with "sidebar" before their names."""
    config = tomllib.loads((PROJECT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    options = config["theme"][name]
    sidebar = options.get("sidebar", {})
    own = {key: rgb(value) for key, value in options.items() if isinstance(value, str)}
    return own | {f"sidebar {key}": rgb(value) for key, value in sidebar.items()}


def backgrounds(colours: dict[str, Rgb]) -> list[Rgb]:
    return [value for key, value in colours.items() if key.lower().endswith("backgroundcolor")]


def test_contrast_is_that_of_wcags_examples():
    assert contrast(rgb("#000000"), WHITE) == pytest.approx(21)
    assert contrast(rgb("#777777"), WHITE) == pytest.approx(4.48, abs=0.01)
    assert contrast(WHITE, rgb("#4fb6d6")) == pytest.approx(2.33, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_captions_and_links_reach_the_contrast_on_every_background(name):
    colours = theme(name)
    assert len(backgrounds(colours)) >= 2
    for background in backgrounds(colours):
        assert contrast(colours["textColor"], background) >= ENOUGH
        assert contrast(colours["linkColor"], background) >= ENOUGH
        caption = blend(colours["textColor"], background, CAPTION)
        assert contrast(caption, background) >= ENOUGH


@pytest.mark.parametrize("name", ["light", "dark"])
def test_primary_buttons_and_chips_reach_the_contrast(name):
    assert contrast(WHITE, theme(name)["primaryColor"]) >= ENOUGH


@pytest.mark.parametrize(("name", "least"), [("light", ENOUGH), ("dark", CHOSEN_SEGMENT_IN_DARK)])
def test_chosen_tabs_and_segments_reach_the_contrast(name, least):
    colours = theme(name)
    primary, background = colours["primaryColor"], colours["backgroundColor"]
    assert contrast(primary, background) >= ENOUGH
    assert contrast(primary, blend(primary, background, TINT)) >= least
