"""What a page says while the server computes for other visitors, too."""


def served_in_turn(number: int) -> str:
    """Return a text on the number of other visitors that are being served; empty for none."""
    if not number:
        return ""
    visitors = "1 other visitor is" if number == 1 else f"{number} other visitors are"
    return f"{visitors} being served"
