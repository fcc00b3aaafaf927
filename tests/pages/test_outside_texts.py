"""Names from a model folder are shown as they are on every page: no links, icons or formats."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from streamlit.proto.PlotlyChart_pb2 import PlotlyChart
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from tests.pages.made_networks import save_network
from tests.pages.visit import open_page

BAD = (
    "[nasty](//nasty.org) ![nasty](//nasty.org) :material/nasty: $nasty$ <b>nasty</b>"
    ' <a href="nasty">x</a> &lt;nasty www.nasty.org http://nasty.org :nasty: %{nasty}'
)
# What is left of it where it is not escaped for Markdown, and for Plotly.
RAW_MARKDOWN = ["[nasty]", ":material/nasty:", "$nasty$", "<b>", 'href="nasty">', "www.nasty",
                "://nasty", ":nasty:"]  # fmt: skip
RAW_PLOTLY = ["<b>", "<a ", "&lt;nasty", "%{nasty}", "$nasty$"]
# A folder's name can have no slash.
FOLDER = "[nasty](x) $nasty$ <b> :nasty: www.nasty.org"
# Fields of Streamlit's messages that a browser reads as Markdown. The options of a selectbox and
# the cells of a table are plain texts.
MARKDOWN_FIELDS = {"body", "label", "help", "caption", "content", "text"}
SCENES = "scenes:12~7~classes=cat,dog"
VISITS: list[tuple[str, dict[str, str]]] = [
    ("predict", {}),
    ("neurons", {"neurons_layer": "logits"}),
    ("compare_neurons", {"compare_neurons_view": "The same neuron"}),
    ("layers", {}),
    ("saliency", {"methods": "Gradient", "method": "Gradient", "saliency_explain": "One class each",
                  "saliency_and_not": "its second choice"}),
    ("trust", {"methods": "Gradient", "method": "Gradient"}),
    ("maps", {"set": SCENES, "maps_map": "PCA", "maps_colour": "prediction", "maps_chosen": "0"}),
    ("maps", {"set": SCENES, "maps_maps_of": "Neurons", "maps_iterations": "50",
              "maps_units_by": "network"}),
    ("compare", {"set": SCENES, "compare_view": "Agreement"}),
    ("compare", {"set": SCENES, "compare_view": "Layer similarity"}),
    ("compare", {"set": SCENES}),
    ("models", {}),
]  # fmt: skip


@pytest.fixture
def names(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two networks with bad names and bad class names."""
    for seed, folder in enumerate((FOLDER, f"{FOLDER} 2")):
        labels = ["cat", "dog", f"{BAD} {seed}", f"{BAD} both"]
        save_network(tmp_path / folder, labels, predicted=labels[2 + seed], seed=seed)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    return [f"local/{FOLDER}", f"local/{FOLDER} 2"]


@pytest.mark.parametrize(("page", "parameters"), VISITS, ids=str)
def test_names_are_escaped_wherever_a_page_shows_them(app, names, page, parameters):
    open_page(app, page, names, **parameters)
    assert not unescaped(app)
    assert "nasty" in str([*markdown_texts(app), *figure_texts(app)]) or page == "models"


def test_unescaped_texts_would_be_found():
    script = f"import streamlit as st\nst.button({BAD!r})\nst.caption('fine')\n"
    assert unescaped(AppTest.from_string(script).run()) == [BAD]


def unescaped(app: AppTest) -> list[str]:
    """Return the texts in which something of the bad texts has its meaning."""
    texts = [text for text in markdown_texts(app) if any(raw in text for raw in RAW_MARKDOWN)]
    return texts + [text for text in figure_texts(app) if any(raw in text for raw in RAW_PLOTLY)]


def markdown_texts(app: AppTest) -> Iterator[str]:
    """Yield all texts of the page and the sidebar that a browser reads as Markdown."""
    for element in [*elements(app.main), *elements(app.sidebar)]:
        if isinstance(element.proto, Message) and not isinstance(element.proto, PlotlyChart):
            yield from field_texts(MessageToDict(element.proto, preserving_proto_field_name=True))


def field_texts(value: Any, field: str = "") -> Iterator[str]:
    """Yield the texts of a message's fields that are Markdown."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield from field_texts(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from field_texts(child, field)
    elif isinstance(value, str) and field in MARKDOWN_FIELDS:
        yield value


def figure_texts(app: AppTest) -> Iterator[str]:
    """Yield all texts of the page's figures."""
    for chart in app.get("plotly_chart"):
        yield from json_texts(json.loads(chart.proto.spec))


def json_texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from json_texts(child)
    elif isinstance(value, str):
        yield value


def elements(block: Block) -> Iterator[Element | Block]:
    """Yield the blocks and elements inside a block."""
    for child in block.children.values():
        yield child
        if isinstance(child, Block):
            yield from elements(child)
