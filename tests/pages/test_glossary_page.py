"""The Glossary page: all terms, and a search that links hold."""

from core import glossary
from tests.pages.visit import texts


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
