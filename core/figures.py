"""Arrays → plotly figures."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageColor

from core.predict import Prediction

# Okabe and Ito's colours, told apart also by the colour-blind (Color Universal Design, 2008).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#8A8F98"
BAR_HEIGHT = 34


def shared_colours(rankings: Sequence[Sequence[Prediction]]) -> dict[str, str]:
    """A colour for each label that stands in several rankings, in the order they appear."""
    labels = [prediction.label for ranking in rankings for prediction in ranking]
    shared = [label for label in dict.fromkeys(labels) if labels.count(label) > 1]
    return dict(zip(shared, PALETTE, strict=False))


def probability_bars(ranking: Sequence[Prediction], colours: Mapping[str, str]) -> go.Figure:
    """A model's top classes as bars, most probable on top, names and figures on the bars.

    Args:
        ranking: Best first.
        colours: By label; others are grey.
    """
    names = [f"{prediction.label} · {_percent(prediction.probability)}" for prediction in ranking]
    figure = go.Figure(
        go.Bar(
            x=[prediction.probability for prediction in ranking],
            # The rank, since two classes may share a name (crane the bird, crane the machine).
            y=[str(rank) for rank in range(1, len(ranking) + 1)],
            text=names,
            textposition="auto",
            insidetextanchor="start",
            cliponaxis=False,
            orientation="h",
            marker_color=[colours.get(prediction.label, GREY) for prediction in ranking],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_layout(
        height=BAR_HEIGHT * len(ranking) + 8,
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        bargap=0.18,
        showlegend=False,
        dragmode=False,
    )
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, autorange="reversed", fixedrange=True)
    return figure


def _percent(probability: float) -> str:
    if probability < 0.0005:
        return "<0.1 %"
    return f"{probability:.1%}".replace("%", " %")


def marked(img: Image.Image, masks: Mapping[str, np.ndarray]) -> Image.Image:
    """A picture with masks laid over it in colours that can be told apart.

    Args:
        img: (w, h).
        masks: By name, (h, w), bool.
    """
    pixels = np.asarray(img).astype(np.float32)
    for index, mask in enumerate(masks.values()):
        colour = np.array(ImageColor.getrgb(PALETTE[index % len(PALETTE)]), np.float32)
        pixels[mask] = 0.35 * pixels[mask] + 0.65 * colour
    return Image.fromarray(pixels.round().astype(np.uint8))
