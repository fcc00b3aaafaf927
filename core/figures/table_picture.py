"""A table as a picture, to print and to show: dark text on white, with a title."""

from collections.abc import Sequence

import pandas as pd
from PIL import Image, ImageDraw, ImageFont

# Sizes in pixels, for printing at 150 dots per inch.
TEXT, TITLE, PADDING, MARGIN = 22, 32, 12, 40
INK, SOFT, LINE, STRIPE = "#1a1a1a", "#5a5a5a", "#b8bcc2", "#f3f4f6"
# Characters of a cell; longer texts are cut.
LONGEST = 44
DOTS_PER_INCH = 150
# Pillow's own font lacks these.
REPLACED = str.maketrans({"×": "x", "–": "-", "−": "-", "“": '"', "”": '"', "’": "'"})


def table_picture(table: pd.DataFrame, title: str, notes: Sequence[str] = ()) -> Image.Image:
    """Draw a table.

    Args:
        table: The table; its index is not drawn.
        title: Title above it.
        notes: Lines below the title, such as what was measured on.
    """
    title, notes = title.translate(REPLACED), [note.translate(REPLACED) for note in notes]
    font, large = ImageFont.load_default(TEXT), ImageFont.load_default(TITLE)
    rows = [[_shortened(name) for name in table.columns]]
    rows += [[_shortened(value) for value in row] for row in table.itertuples(index=False)]
    widths = [
        int(max(font.getlength(row[column]) for row in rows)) + 2 * PADDING
        for column in range(len(rows[0]))
    ]
    row_height, note_height = TEXT + 2 * PADDING, TEXT + 8
    top = MARGIN + TITLE + 16 + note_height * len(notes) + 8
    text_width = max([large.getlength(title), *(font.getlength(note) for note in notes)])
    size = (
        2 * MARGIN + max(sum(widths), int(text_width) + 1),
        top + row_height * len(rows) + MARGIN,
    )
    img = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(img)
    draw.text((MARGIN, MARGIN), title, INK, large)
    for number, note in enumerate(notes):
        draw.text((MARGIN, MARGIN + TITLE + 16 + note_height * number), note, SOFT, font)
    for number, row in enumerate(rows):
        _draw_row(draw, row, widths, top + row_height * number, row_height, number, font)
    return img


def _draw_row(
    draw: ImageDraw.ImageDraw, row: Sequence[str], widths: Sequence[int], top: int, height: int,
    number: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:  # fmt: skip
    """Draw a row; the first one has the names of the columns."""
    right = MARGIN + sum(widths)
    if number and number % 2 == 0:
        draw.rectangle((MARGIN, top, right, top + height), STRIPE)
    left = MARGIN
    for text, width in zip(row, widths, strict=True):
        draw.text((left + PADDING, top + PADDING), text, INK if number else SOFT, font)
        left += width
    if not number:
        draw.line((MARGIN, top + height, right, top + height), LINE, 2)


def _shortened(value: object) -> str:
    text = " ".join(str(value).translate(REPLACED).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
