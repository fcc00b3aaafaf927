"""Escaping text for Markdown: what Streamlit's own rules would make of it, too."""

import re

import pytest

from pages.parts.shared.markdown import LONGEST_TEXT, WORD_JOINER, escape_markdown

# Streamlit's frontend looks for these in the text that Markdown has left, without backslashes.
AUTOMATIC = [
    r":material[/_]\w+:", r":streamlit:", r":[\w+-]+:", r"https?://[-.\w]+", r"www(?=\.)[-.\w]+",
    r"[-.\w+]+@[-\w]+(\.[-\w]+)+",
]  # fmt: skip


def shown(text: str) -> str:
    """Return what is left of an escaped text in Markdown: its backslash escapes resolved."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escape_markdown(text))


@pytest.mark.parametrize(
    "text",
    [
        ":material/home:",
        ":material_home:",
        ":smile:",
        ":+1:",
        ":streamlit:",
        "a:b:c:d:",
        "http://x.org",
        "HTTPS://x.org/y?z=1",
        "www.x.org",
        "_www.x.org",
        "(WWW.X.ORG)",
        "name@x.org",
        "a.b+c@x-y.co.uk",
        "see http://x.org and www.y.org",
    ],
)
def test_nothing_becomes_an_icon_or_a_link_by_itself(text):
    left = shown(text)
    assert not [rule for rule in AUTOMATIC if re.search(rule, left, re.IGNORECASE)]
    assert left.replace(WORD_JOINER, "") == text


@pytest.mark.parametrize(
    "text",
    ["[a](b)", "![a](b)", "*a*", "_a_", "__a__", "`a`", "$a$", "$$a$$", "<b>", "&lt;", "# a",
     "> a", "- a", "+ a", "* a", "1. a", "2) a", "  - a", "~~a~~", "a | b", ":red[a]", "\\"],
)  # fmt: skip
def test_every_mark_is_escaped(text):
    escaped = escape_markdown(text)
    assert shown(text).replace(WORD_JOINER, "") == text
    assert not re.search(r"(?<!\\)[*`\[\]<>$#|~&!]", escaped.replace("\\\\", ""))
    assert not re.match(r"\s*([-+]|\d+[.)])\s", escaped)
    assert not re.search(r"(?<!\\)_", escaped)


@pytest.mark.parametrize(
    "text", ["resnet18.a1_in1k", "local/my-net_2", "sports car", "r = 0.50", "a - b", "Größe 名"]
)
def test_plain_texts_stay_as_they_are(text):
    assert escape_markdown(text) == text


def test_a_long_text_ends():
    assert len(escape_markdown("a" * 500_000)) < LONGEST_TEXT + 10
    assert escape_markdown("a" * LONGEST_TEXT) == "a" * LONGEST_TEXT
