"""The toolbar of a chart, with which it is saved as a picture."""

from typing import Any


def with_png(stem: str) -> dict[str, Any]:
    """Return the settings of a chart whose toolbar has one button: save as PNG.

    Args:
        stem: The file's name without its ending.
    """
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": stem, "scale": 2},
    }
