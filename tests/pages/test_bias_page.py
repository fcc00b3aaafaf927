"""The page Bias: verdicts, their evidence, and the effect of each factor."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import interventions
from core.interventions import FACTORS, Interval, Shortcut, Suspicion, mending, shortcuts
from core.workbench.tasks.scene_answers import scene_answers_recipe
from pages.parts.bias.verdicts import describe
from pages.parts.shared.session import workbench
from tests.pages.made_networks import save_network
from tests.pages.visit import (
    RESNET,
    charts,
    click,
    download_labels,
    link_labels,
    link_queries,
    open_page,
    pictures,
    run_until_complete,
    texts,
)

CLASSES = ["wolf", "dog", "house"]


@pytest.fixture
def pair(app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Two networks that know three classes of scenes; few scenes are tested."""
    monkeypatch.setattr(shortcuts, "TESTED", 6)
    monkeypatch.setattr(shortcuts, "SUSPICIONS", 2)
    for name, predicted in (("guesses", ""), ("constant", "dog")):
        save_network(tmp_path / name, CLASSES, predicted)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    return ["local/guesses", "local/constant"]


def test_verdicts_evidence_and_effects_are_shown(pair: list[str], app: AppTest, tmp_path: Path):
    save_network(tmp_path / "fishes", ["tench", "goldfish"])
    open_page(app, "bias", [*pair, "local/fishes"])
    said = texts(app)
    assert "do not know the classes of drawn scenes: fishes." in said
    assert not app.error
    assert said.count("No shortcut found") == 2
    assert f"{len(FACTORS)} factors were changed" in said
    tests = app.get_by_key("bias_test").options
    assert len(tests) == 4
    assert any(option.startswith("constant: ") for option in tests)
    shown = pictures(app)
    pairs = [alt for alt in shown if "with its map" not in alt]
    assert len(pairs) == 5
    assert all(re.search(r"% with .* \(above\), \d+% without \(below\)", alt) for alt in pairs)
    assert charts(app) == ["Change of the probability by factor"]
    assert download_labels(app) == ["CSV", "CSV"]
    reasons = app.dataframe[-1].value
    assert list(reasons.scenes) == [30, 30]
    assert (reasons.drop(columns=["network", "scenes"]).sum(axis=1) == 30).all()
    assert 1 <= sum("with its map" in alt for alt in shown) <= 10


def test_the_effects_are_those_of_the_recipe(pair: list[str], app: AppTest):
    open_page(app, "bias", pair, bias_class="wolf")
    bench = workbench()
    (answers,) = bench.answer([scene_answers_recipe(bench.card(pair[0]))])
    expected = interventions.effects(answers, ["wolf"])
    figure = app.get("plotly_chart")[0].proto.spec
    assert FACTORS[expected[0].factor].title in figure
    assert "8 scenes, each drawn again" in texts(app)
    # A constant answer never changes.
    (constant,) = bench.answer([scene_answers_recipe(bench.card(pair[1]))])
    assert all(effect.change.high < 1e-3 for effect in interventions.effects(constant))


def test_networks_of_photographs_lead_to_those_of_scenes(app: AppTest):
    open_page(app, "bias", [RESNET], bias_pictures="Drawn scenes")
    assert "none of the chosen networks knows them" in app.info[0].value
    (place,) = [i for i, label in enumerate(link_labels(app)) if "one is biased" in label]
    assert "scenes-mobilenet-biased" in link_queries(app)[place]


def test_a_shortcut_is_described_with_its_figures():
    found = Shortcut(
        Suspicion("wolf", "background", "snow", 0.0), 1, (0.9, 0.8), (0.2, 0.1),
        Interval(0.7, 0.6, 0.8), Interval(0.1, 0.08, 0.12),
    )  # fmt: skip
    assert found.confirmed
    text = describe(found)
    assert "It uses the background for wolf** (snow)" in text
    assert "a probability of 85% with it and 15% without it" in text
    assert "a loss of 70 percentage points (95% interval 60 to 80)" in text
    assert "makes other things look like wolf, too: by 10 percentage points" in text


def test_a_biased_network_is_mended_and_compared(
    pair: list[str], app: AppTest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mending, "SCENES", 2)
    monkeypatch.setattr(mending, "MORE_SCENES", 2)
    monkeypatch.setattr(Shortcut, "confirmed", True)
    open_page(app, "bias", pair[:1])
    # The chart opens with the class of the shortcut, which the mean over all classes hides.
    shortcut = app.get_by_key("bias_test").value.split(": ")[1]
    assert shortcut.startswith(f"{app.get_by_key('bias_class').value}, ")
    click(app, "Learn the last layer of guesses again")
    run_until_complete(app)
    assert re.search(r"without .* gets a probability of \d+% after, \d+% before", texts(app))
    click(app, "Compare guesses before and after")
    run_until_complete(app)
    before, after = app.session_state["models"]
    assert before == pair[0]
    assert after.startswith("trained/")
    assert "last layer learned again" in texts(app)
    assert not app.error
