"""Text from outside, for places that read Markdown."""

import re

# Characters that are shown: a link may hold half a million.
LONGEST_TEXT = 2000
# Invisible, and prevents what a backslash can't: Streamlit looks for icons, emoji and addresses in
# the text that is left once the backslashes are gone.
WORD_JOINER = "\u2060"
# A colon before a word (":material/home:", ":smile:", "https://…"), and the addresses that become
# links without one.
AUTOMATIC = re.compile(r":(?=[\w/+-])|www(?=\.)|@(?=[-\w]+\.)", re.IGNORECASE)
# Underscores inside words mean nothing.
SPECIAL = re.compile(r"([\\`*\[\]<>!:$#|~&]|(?<![^\W_])_|_(?![^\W_]))")
# What begins a list at the start of a line: "- ", "+ ", "1. ", "1) ".
LIST = re.compile(r"^(\s*\d*)([-+.)])(?=\s)", re.MULTILINE)


def escape_markdown(text: object) -> str:
    """Return the text such that nothing in it becomes a link, a picture or a format.

    For text that comes from a link or a file, such as names of networks and error messages. A text
    that is too long for a page ends with "…".
    """
    shown = str(text)
    if len(shown) > LONGEST_TEXT:
        shown = f"{shown[:LONGEST_TEXT]} …"
    joined = AUTOMATIC.sub(rf"\g<0>{WORD_JOINER}", shown)
    return LIST.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", joined))
