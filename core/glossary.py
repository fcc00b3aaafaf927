"""The terms that pages use, explained for people who have never trained a network."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Term:
    """A term of the glossary.

    Attributes:
        name: The term as pages write it.
        topic: What it belongs to, such as "Heat maps".
        text: One to three sentences.
        page: File in pages/ of a page that shows it; empty where no page does.
    """

    name: str
    topic: str
    text: str
    page: str


@cache
def terms() -> tuple[Term, ...]:
    """Return all terms, in the order in which a newcomer should read them."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["terms"]
    return tuple(Term(**entry | {"text": " ".join(entry["text"].split())}) for entry in entries)


def find(words: str) -> list[Term]:
    """Return the terms whose name or text contains all of these words; those with the name first.

    Args:
        words: Words separated by spaces, upper or lower case.
    """
    wanted = words.lower().split()
    found = [term for term in terms() if _contains(f"{term.name} {term.text}", wanted)]
    return sorted(found, key=lambda term: not _contains(term.name, wanted))


def _contains(text: str, words: Sequence[str]) -> bool:
    return all(word in text.lower() for word in words)
