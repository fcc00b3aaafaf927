"""Right, wrong and unknown: one rule on the pages Compare and Maps."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import scenes
from core.compare import TopPredictions
from core.sets.folder import Folders
from core.zoo import Card
from pages.parts.maps import colouring
from pages.parts.shared.session import workbench
from tests.pages.made_networks import save_network
from tests.pages.visit import charts, open_page, run_until_complete, texts

RIGHT, WRONG, UNAWARE = "local/right", "local/wrong", "local/unaware"
NETWORKS = [RIGHT, WRONG, UNAWARE]
# Name of the pictures' sub-folder, and of the class, which is spelt otherwise.
LABEL, CLASS = "sports_car", "Sports car"


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Pictures labelled "sports_car", and three networks; returns the set's reference."""
    networks, folder = tmp_path / "networks", tmp_path / "photos" / LABEL
    save_network(networks / "right", [CLASS, "tabby"], predicted=CLASS)
    save_network(networks / "wrong", [CLASS, "tabby"], predicted="tabby")
    save_network(networks / "unaware", ["lynx", "tabby"], predicted="tabby")
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(networks))
    folder.mkdir(parents=True)
    for seed in range(4):
        scenes.draw(class_="sports car", seed=seed, size=64).image.save(folder / f"{seed}.png")
    monkeypatch.setenv("ZOOSCOPE_PICTURES", str(folder.parent))
    return Folders([folder.parent]).get("photos").reference


def lines_below_pictures(app: AppTest) -> list[str]:
    """The predictions below the first picture, a line for each network."""
    captions = (caption.value.replace("\\", "") for caption in app.caption)
    first = next(text for text in captions if text.startswith(f"**{LABEL}**"))
    return [line.strip() for line in first.split("\n")[1:]]


def test_compare_marks_right_and_wrong_and_leaves_unknown_unmarked(app: AppTest, reference: str):
    open_page(app, "compare", NETWORKS, set=reference, compare_view="Agreement",
              compare_disagreed="false")  # fmt: skip
    assert lines_below_pictures(app) == [
        f":material/check: right: {CLASS}, 100%",
        ":material/close: wrong: tabby, 100%",
        "unaware: tabby, 100%",
    ]


def test_compare_scores_only_networks_that_know_the_label(app: AppTest, reference: str):
    open_page(app, "compare", NETWORKS, set=reference, compare_view="Agreement")
    scores = next(frame.value for frame in app.dataframe if "ECE" in frame.value)
    assert scores["accuracy"].to_dict() == {"right": 1.0, "wrong": 0.0}
    assert "unaware: " in texts(app)


def test_the_confusion_matrix_finds_pictures_of_a_label_that_is_spelt_otherwise(
    app: AppTest, reference: str
):
    open_page(app, "compare", [RIGHT], set=reference, compare_view="Agreement")
    shown, said = (app.selectbox(key=f"compare_{name}") for name in ("shown", "said"))
    row = next(option for option in shown.options if option.casefold().startswith("sports"))
    column = next(option for option in said.options if option.casefold().startswith("sports"))
    shown.set_value(row)
    said.set_value(column)
    run_until_complete(app)
    pictures = [img.alt for image in app.main.get("image") for img in image.proto.imgs]
    assert pictures.count(f"Picture 0: {LABEL}") == 2  # among all pictures, and in the cell


def test_maps_show_only_wrong_predictions_in_red(app: AppTest, reference: str):
    open_page(app, "maps", NETWORKS, set=reference, maps_chosen="0", maps_map="PCA")
    assert lines_below_pictures(app) == [
        f"1: {CLASS} 100%", "2: :red[tabby 100%]", "3: tabby 100%",
    ]  # fmt: skip


def test_maps_are_coloured_by_the_same_rule(app: AppTest, reference: str):
    open_page(app, "maps", NETWORKS, set=reference, maps_colour=colouring.CORRECT, maps_map="PCA")
    assert any(alt.endswith("coloured by right or wrong") for alt in charts(app))
    bench = workbench()
    pictures = bench.sets.find(reference)
    cards: dict[str, Card] = {name: bench.card(name) for name in NETWORKS}
    says = {RIGHT: CLASS, WRONG: "tabby", UNAWARE: "tabby"}
    predicted = {
        name: TopPredictions((label,) * 4, np.ones(4, np.float32)) for name, label in says.items()
    }
    coloured = colouring.colour_points(colouring.CORRECT, pictures, cards, predicted)
    assert coloured.colours == {
        RIGHT: ["right"] * 4, WRONG: ["wrong"] * 4, UNAWARE: [""] * 4,
    }  # fmt: skip
    assert list(coloured.categories) == ["right", "wrong"]
