"""The difference of two networks' saliency maps: classes are matched by name."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import saliency
from core.pictures import Pictures
from core.settings import Settings
from core.workbench.recipes import Recipe
from core.workbench.tasks.saliency_map import SaliencyMap, saliency_map_recipe
from core.zoo import describe
from pages.parts.saliency.cell import Cell
from pages.parts.saliency.class_picker import Target
from pages.parts.saliency.difference import other_recipe, subtract
from pages.parts.shared.session import workbench
from tests.pages.made_networks import save_network
from tests.pages.visit import charts, open_page, run_until_complete, texts

LABELS = ["cat", "dog", "fox", "owl"]
SHUFFLED = ["owl", "cat", "dog", "fox"]
FIRST, REORDERED, STRANGER = "local/first", "local/reordered", "local/stranger"
METHOD = "Gradient"


@pytest.fixture
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: AppTest) -> Path:
    """The same network twice, once with its classes in another order, and one without a dog."""
    save_network(tmp_path / "first", LABELS)
    save_network(tmp_path / "reordered", SHUFFLED)
    save_network(tmp_path / "stranger", ["cat", "fox", "owl"], seed=1)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    return tmp_path


@pytest.fixture
def cell(networks: Path) -> Callable[[str], Cell]:
    """Returns a cell of a network, with the map of its own top class."""
    settings, picture = Settings(models=(networks,)), Pictures().find("scene:wolf~7")

    def make(name: str) -> Cell:
        card = describe(name, settings)
        recipe = saliency_map_recipe(card, picture.id, "gradient")
        return Cell(card, picture, saliency.find("gradient", {}), recipe)

    return make


def subtracted(
    cell: Callable[[str], Cell], name: str, class_: str, against: str | None = None
) -> Recipe[SaliencyMap] | str:
    """What `other_recipe` returns where the first network's map of a class is shown."""
    own = cell(FIRST)
    index = LABELS.index(class_)
    against_index = LABELS.index(against) if against else None
    target = Target(index, against_index, [], 1.0)
    recipe = saliency_map_recipe(own.card, own.picture.id, "gradient", index, against_index)
    return other_recipe(own, target, cell(name), recipe)


@pytest.mark.parametrize("class_", LABELS)
def test_the_other_network_explains_the_class_of_the_same_name(cell, class_: str):
    recipe = subtracted(cell, REORDERED, class_)
    assert isinstance(recipe, Recipe)
    assert recipe.model == REORDERED
    assert recipe.option("class", int) == SHUFFLED.index(class_)


def test_the_class_to_compare_with_is_matched_by_name_too(cell):
    recipe = subtracted(cell, REORDERED, "dog", "owl")
    assert isinstance(recipe, Recipe)
    assert recipe.option("class", int) == SHUFFLED.index("dog")
    assert recipe.option("against", int) == SHUFFLED.index("owl")


@pytest.mark.parametrize(("class_", "against"), [("dog", None), ("cat", "dog")])
def test_a_network_that_does_not_know_a_class_has_no_map(cell, class_: str, against: str | None):
    problem = subtracted(cell, STRANGER, class_, against)
    assert problem == "stranger does not know the class dog."


def link(minus: str) -> dict[str, str | list[str]]:
    """A link to the dog of the first network, minus another network's map."""
    return {
        "methods": [METHOD], "method": METHOD, "model": FIRST, "saliency_minus": minus,
        "saliency_explain": "One class each", "saliency_class_0": "dog",
        "saliency_class_1": "cat",
    }  # fmt: skip


def test_the_difference_of_equal_networks_is_zero_everywhere(app: AppTest, networks: Path):
    open_page(app, "saliency", [FIRST, REORDERED], **link(REORDERED))
    assert charts(app) == ["first minus reordered"]
    bench = workbench()
    picture = bench.pictures.find("scene:wolf~7")
    cells, maps = [], []
    for name, labels in ((FIRST, LABELS), (REORDERED, SHUFFLED)):
        card = bench.card(name)
        recipe = saliency_map_recipe(card, picture.id, "gradient", labels.index("dog"))
        assert bench.store.get(recipe.key) is not None  # the page has computed it
        cells.append(Cell(card, picture, saliency.find("gradient", {}), recipe))
        maps += bench.answer([recipe])
    figure = subtract(cells[0], maps[0], cells[1], maps[1]).figure(0.5)
    heatmap = next(trace for trace in figure.data if trace.type == "heatmap")
    np.testing.assert_allclose(np.array(heatmap.z, float), 0, atol=1e-5)


def test_the_page_names_the_class_that_the_other_network_does_not_know(
    app: AppTest, networks: Path
):
    open_page(app, "saliency", [FIRST, STRANGER], **link(STRANGER))
    assert "stranger does not know the class dog." in texts(app)
    assert charts(app) == ["Gradient of first, with its scale"]


def test_downloads_of_a_difference_are_the_difference(
    app: AppTest, networks: Path, monkeypatch: pytest.MonkeyPatch
):
    """Two equal networks: the difference is 0, their maps are not."""
    files: dict[str, Callable[[], bytes | str]] = {}

    def keep(label: str, make: Callable[[], bytes | str], file_name: str, *_: object, **__: object):
        files[file_name] = make

    monkeypatch.setattr("pages.parts.shared.downloads.button", keep)
    open_page(app, "saliency", [FIRST, REORDERED], **link(REORDERED))
    files.clear()  # those of the page before
    app.run()
    stem = "gradient-test_resnet-minus-test_resnet"
    assert set(files) == {f"{stem}.png", f"{stem}.npz", f"{stem}.csv", "recipes.json"}
    values = np.load(io.BytesIO(files[f"{stem}.npz"]()))["difference"]
    np.testing.assert_allclose(values, 0, atol=1e-5)
    rows = files[f"{stem}.csv"]().splitlines()
    assert len(rows) == len(values)
    assert len(json.loads(files["recipes.json"]())) == 2
    assert max(Image.open(io.BytesIO(files[f"{stem}.png"]())).size) == 512
    files.clear()
    app.selectbox(key="saliency_minus").set_value("none")
    run_until_complete(app)
    assert np.abs(np.load(io.BytesIO(files["gradient-test_resnet.npz"]()))["map"]).max() > 0
