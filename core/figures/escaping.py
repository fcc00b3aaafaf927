"""Text from outside, for figures: Plotly reads a part of HTML in all that it shows."""

# A character reference takes the place of each character that has a meaning: & < > are HTML's, %
# begins a variable of a hover template, and $ a formula. Plotly shows references as the characters.
REFERENCES = str.maketrans({character: f"&#{ord(character)};" for character in "&<>%$"})


def escape_plotly(text: object) -> str:
    """Return the text such that Plotly shows it as it is, with no links, formats or variables.

    For names of classes, networks, pictures and layers, which come from files. Two different texts
    stay different, so that escaped texts can be categories of an axis.
    """
    return str(text).translate(REFERENCES)
