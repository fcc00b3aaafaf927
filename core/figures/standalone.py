"""Figures for a file of their own, outside of the page that labels them."""

import plotly.graph_objects as go

from core.figures.escaping import escape_plotly

# Least margins in pixels. Figures on a page have none, since Streamlit's own theme makes room for
# the labels of axes, and the page has the title above the figure.
MARGINS = {"l": 56, "r": 24, "t": 56, "b": 48}


def standalone_figure(figure: go.Figure, title: str) -> go.Figure:
    """Return a copy of a figure with room for its axis labels, and with a title.

    Args:
        figure: A figure as it is on a page; it is not changed.
        title: Shown where the figure has no title itself.
    """
    copy = go.Figure(figure)
    margin = copy.layout.margin.to_plotly_json()
    copy.update_layout(margin={side: max(least, margin.get(side) or 0)
                               for side, least in MARGINS.items()})  # fmt: skip
    copy.update_xaxes(automargin=True)
    copy.update_yaxes(automargin=True)
    if not copy.layout.title.text:
        copy.update_layout(title=escape_plotly(title))
    return copy
