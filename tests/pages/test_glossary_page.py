"""The Glossary page: all terms, and a search that links hold."""

import pytest

from core import glossary
from pages.parts.shared import page_intro
from tests.pages.visit import link_labels, link_queries, texts


def test_the_page_shows_all_terms_and_finds_some(app):
    app.run().switch_page("pages/glossary.py").run()
    assert not app.exception
    shown = texts(app)
    assert all(term.name in shown for term in glossary.terms())
    app.text_input(key="glossary_words").set_value("intersection over union").run()
    assert "IoU" in texts(app)
    assert "Perplexity" not in texts(app)
    app.text_input(key="glossary_words").set_value("<b>nothing</b>").run()
    assert "No term" in texts(app)


def test_a_page_links_to_the_term_that_its_introduction_needs(app):
    app.run().switch_page("pages/neurons.py").run()
    assert "a neuron is a channel of a layer" in texts(app)
    place = link_labels(app).index("What is a channel?")
    assert link_queries(app)[place] == "glossary_words=channel"


@pytest.mark.parametrize(
    ("term", "question"),
    [("Heat map", "What is a heat map?"), ("Activation map", "What is an activation map?"),
     ("t-SNE", "What is t-SNE?")],
)  # fmt: skip
def test_a_link_to_a_term_asks_in_plain_english(term, question):
    assert page_intro.question(term) == question
    assert any(each.name == term for each in glossary.find(term.lower()))
