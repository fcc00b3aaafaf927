"""The glossary: complete entries, pages that exist, and a search."""

import pytest

from core import glossary
from tests.conftest import PROJECT

TERMS = glossary.terms()


def test_every_term_is_explained_once_in_a_few_sentences():
    names = [term.name.lower() for term in TERMS]
    assert len(set(names)) == len(names)
    for term in TERMS:
        assert term.topic
        assert term.text.endswith((".", ")"))
        assert 30 < len(term.text) < 260, term.name


def test_topics_are_not_mixed():
    topics = [term.topic for term in TERMS]
    assert topics == sorted(topics, key=topics.index)


@pytest.mark.parametrize("page", sorted({term.page for term in TERMS} - {""}))
def test_pages_of_terms_exist(page: str):
    assert (PROJECT / "pages" / f"{page}.py").is_file()


def test_search_finds_names_before_texts():
    names = [term.name for term in glossary.find("ACTIVATION")]
    assert names[:2] == ["Activation", "Activation map"]
    assert "Receptive field" in names[2:]
    assert glossary.find("no such word") == []
    assert glossary.find(" ") == list(TERMS)
