"""The page Compare."""

from pathlib import Path

import numpy as np
import pytest
import timm
from streamlit.testing.v1 import AppTest
from timm.models import save_for_hf

from core import compare, images, tasks
from core.recipes import Recipe
from core.visualize import Quality
from pages.parts.session import workbench
from tests.pages.conftest import links, settled

RESNET, EFFICIENTNET = "local/test_resnet", "local/test_efficientnet"
SCENES = "scenes:12~7"
REGNET, BIASED = "bundled/scenes-regnet", "bundled/scenes-mobilenet-biased"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a few steps, and costs of a few passes."""
    monkeypatch.setattr("core.visualize.quality.UNITS", Quality(size=24, steps=4))
    monkeypatch.setattr("core.compare.backbones.REPEATS", 3)


def opened(app: AppTest, *models: str, set: str = SCENES, **asked: str) -> AppTest:
    app.query_params["models"] = list(models)
    app.query_params["picture"] = "scene:wolf~7"
    app.run()
    app.switch_page("pages/compare.py")
    for name, value in {"set": set, **asked}.items():
        app.query_params[name] = value
    return settled(app)


def infos(app: AppTest) -> str:
    return " ".join(info.value for info in app.info).replace("\\", "")


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption).replace("\\", "")


def alts(app: AppTest) -> list[str]:
    """Of all pictures but the chosen one, which stands in the sidebar."""
    return [img.alt for image in app.main.get("image") for img in image.proto.imgs]


def grams(name: str) -> Recipe:
    return tasks.grams_recipe(workbench().card(name), SCENES)


def test_layers_are_compared_with_their_doubt(app: AppTest):
    opened(app, RESNET, EFFICIENTNET)
    bench = workbench()
    recipe = tasks.cka_recipe(grams(RESNET), grams(EFFICIENTNET))
    (result,) = bench.answer([recipe])
    errors = tasks.cka_error_of(result).to_numpy()
    assert f"typically {np.median(errors):.2f} and at worst {errors.max():.2f} off" in captions(app)
    assert app.selectbox(key="row").options == list(tasks.cka_of(result).index)
    assert app.selectbox(key="column").options == list(tasks.cka_of(result).columns)
    assert len(app.get("plotly_chart")) == 1
    assert [one.label for one in app.get("download_button")] == ["CSV", "NPZ", "HTML"]


def test_units_that_match_stand_in_pairs_and_in_the_url(app: AppTest):
    opened(app, RESNET, EFFICIENTNET, row="layer2.0", column="blocks.1.0")
    bench = workbench()
    asked = [
        tasks.responses_recipe(bench.card(name), layer, (SCENES,))
        for name, layer in ((RESNET, "layer2.0"), (EFFICIENTNET, "blocks.1.0"))
    ]
    (result,) = bench.answer([tasks.matches_recipe(*asked)])
    found = tasks.matches_of(result)
    assert [text.value for text in app.markdown if text.value.startswith("r = ")] == [
        f"r = {r:.2f}" for r in found.r[:9]
    ]
    names = [name.partition(" ")[0] for name in links(app)]
    assert names == [str(unit) for unit in found.units[:9].ravel()]
    assert app.query_params["row"] == "layer2.0"


def test_classes_that_match_are_found_under_the_microscope(app: AppTest):
    opened(app, RESNET, EFFICIENTNET, row="fc", column="classifier")
    found = [link.proto.query_string for link in app.get("page_link")]
    assert len(found) == 18
    assert all("layer=logits" in query for query in found)


def test_one_network_is_compared_with_itself(app: AppTest):
    opened(app, RESNET, row="layer2.0", column="layer2.0")
    assert "Mean r of the 48 pairs" in captions(app)
    pairs = [text.value for text in app.markdown if text.value.startswith("r = ")]
    assert pairs == ["r = 1.00"] * 9


def test_a_layer_that_is_not_there_is_not_chosen(app: AppTest):
    opened(app, RESNET, EFFICIENTNET, row="layer9", column="blocks.1.0", one="local/nobody")
    assert app.selectbox(key="row").value is None
    assert app.selectbox(key="one").value == RESNET
    assert not [text for text in app.subheader if text.value == "Units that match"]


def test_another_network_has_no_layer_of_the_old_ones_name(app: AppTest):
    opened(app, RESNET, EFFICIENTNET, row="layer2.0", column="blocks.1.0")
    app.selectbox(key="one").set_value(EFFICIENTNET)
    settled(app)
    assert app.selectbox(key="row").value is None
    assert app.selectbox(key="column").value == "blocks.1.0"
    assert "row" not in app.query_params


@pytest.mark.parametrize("count", [1, 2])
def test_cka_of_one_or_two_pictures_is_a_message(app: AppTest, count):
    opened(app, RESNET, EFFICIENTNET, set=f"scenes:{count}~7")
    assert "needs 4 pictures at least" in infos(app)
    assert not app.error


def test_one_mini_batch_has_no_known_error(app: AppTest):
    opened(app, RESNET, set="scenes:6~7")
    assert "With 6 pictures, one mini-batch, nobody can say" in captions(app)


def test_agreement_names_the_pictures_on_which_they_differ(app: AppTest, bundled):
    opened(app, REGNET, BIASED, view="Agreement", set="scenes:84~7")
    bench = workbench()
    cards = {name: bench.card(name) for name in (REGNET, BIASED)}
    recipes = [tasks.verdicts_recipe(card, "scenes:84~7") for card in cards.values()]
    verdicts = {
        name: tasks.verdicts_of(result, cards[name])
        for name, result in zip(cards, bench.answer(recipes), strict=True)
    }
    differing = compare.disagreements(verdicts)
    assert f"all say the same of **{84 - len(differing):,}**" in app.markdown[0].value
    assert alts(app)[0].startswith(f"Picture {differing[0].index}:")
    assert len(alts(app)) == min(12, len(differing))
    scores = app.dataframe[1].value
    assert list(scores.index) == ["scenes-regnet", "scenes-mobilenet-biased"]
    truth = [bench.sets.find("scenes:84~7").label(index) for index in range(84)]
    marks = compare.marks(verdicts[REGNET], truth, cards[REGNET].labels)
    assert scores["accuracy"].iloc[0] == pytest.approx(marks.accuracy)
    app.toggle(key="disagreed").set_value(False)
    settled(app)
    assert alts(app)[0].startswith("Picture 0:")
    assert len(alts(app)) == 12
    shown = next(one.value for one in app.caption if one.value.startswith(f"**{truth[0]}**"))
    for card in cards.values():
        said = verdicts[card.name]
        mark = "check" if said.labels[0] == truth[0] else "close"
        line = f":material/{mark}: {card.title}: {said.labels[0]}, {said.probability[0]:.0%}"
        assert line in shown.replace("\\", "")


def test_a_cell_of_the_confusion_shows_its_pictures(app: AppTest, bundled):
    asked = {"view": "Agreement", "shown": "fox", "said": "fox", "set": "scenes:84~7"}
    opened(app, BIASED, **asked)
    assert "One network always agrees with itself" in infos(app)
    (result,) = workbench().answer(
        [tasks.verdicts_recipe(workbench().card(BIASED), "scenes:84~7")]
    )  # fmt: skip
    labels = tasks.verdicts_of(result, workbench().card(BIASED)).labels
    chosen = workbench().sets.find("scenes:84~7")
    right = [i for i in range(84) if chosen.label(i) == labels[i] == "fox"]
    assert 0 < len(right) < labels.count("fox")
    assert alts(app)[12:] == [f"Picture {index}: fox" for index in right]


def test_a_page_beyond_the_last_is_the_first(app: AppTest, bundled):
    opened(app, REGNET, view="Agreement", page="99")
    assert alts(app)[0].startswith("Picture 0:")
    assert app.query_params["set"] == SCENES


def test_who_does_not_know_the_labels_is_not_scored(app: AppTest):
    opened(app, RESNET, EFFICIENTNET, view="Agreement")
    assert infos(app).count("is not scored") == 2
    assert not app.dataframe[1:]  # the first has the set's classes
    assert "test_resnet: " in captions(app)
    assert ":material/close:" not in captions(app)  # it can't be wrong either


def test_nobody_is_right_on_pictures_without_labels(app: AppTest, noise):
    mine = workbench().pictures.upload(images.png(noise), "me")
    opened(app, RESNET, EFFICIENTNET, view="Agreement", set=f"pictures:{mine}")
    assert "Nobody said what these pictures show" in infos(app)
    app.segmented_control(key="view").set_value("Backbones")
    settled(app)
    assert "Nobody said what these pictures show" in infos(app)
    assert app.dataframe[0].value["accuracy"].isna().all()
    assert not app.get("plotly_chart")


def test_a_network_without_classes_is_compared_inside_only(app: AppTest, made_models: Path,
                                                           monkeypatch, tmp_path):  # fmt: skip
    net = timm.create_model("test_resnet", num_classes=0)
    save_for_hf(net, tmp_path / "headless", safe_serialization=True)
    monkeypatch.setenv("ZOOSCOPE_MODELS", f"{made_models}:{tmp_path}")
    opened(app, "local/headless", RESNET, view="Agreement")
    assert "headless has no named classes" in infos(app)
    assert "One network always agrees with itself" in infos(app)
    app.segmented_control(key="view").set_value("Layers alike")
    settled(app)
    assert len(app.get("plotly_chart")) == 1


def test_backbones_have_a_table_and_only_what_differs(app: AppTest, bundled):
    opened(app, REGNET, BIASED, view="Backbones", set="scenes:56~7")
    costs, facts = (frame.value for frame in app.dataframe[-2:])
    assert list(costs.columns) == [
        "parameters", "multiply-adds", "ms a picture", "memory, MB", "accuracy", "ECE",
    ]  # fmt: skip
    assert (costs["accuracy"] > 0.7).all()
    assert facts.loc["input"].tolist() == ["96 × 96", "128 × 128"]
    assert "classes" in facts.index
    assert len(app.get("plotly_chart")) == 1
    app.toggle(key="differing").set_value(True)
    settled(app)
    fewer = app.dataframe[-1].value
    assert "classes" not in fewer.index
    assert "input" in fewer.index


def test_the_same_twice_differs_in_time_at_most(app: AppTest):
    opened(app, "untrained/test_resnet", "untrained/test_resnet@5", view="Backbones",
           differing="true")  # fmt: skip
    costs = next(frame.value for frame in app.dataframe if "ms a picture" in frame.value)
    assert list(costs.columns) == ["ms a picture"]
    assert any("built alike" in one.value for one in app.success)


def test_who_is_not_here_is_left_out(app: AppTest):
    opened(app, RESNET, "resnet18.a1_in1k", "local/nobody", view="Backbones")
    told = " ".join(warning.value for warning in app.warning).replace("\\", "")
    assert "resnet18.a1_in1k is left out: its weights are not here" in told
    assert "local/nobody is left out: There is no model" in told


def test_no_network_is_a_hint(app: AppTest):
    opened(app, "resnet18.a1_in1k")
    assert "a model whose weights are here" in infos(app)


def test_a_set_that_is_gone_is_told(app: AppTest):
    opened(app, RESNET, set="archive:0123456789abcdef")
    assert any("Upload them again" in warning.value for warning in app.warning)
    assert "Choose pictures above" in infos(app)
    assert app.expander[0].proto.expanded
