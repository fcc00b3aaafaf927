"""The page Compare: which networks agree, and how often each is right."""

import pytest
from streamlit.testing.v1 import AppTest

from core import compare, images
from core.compare import TopPredictions
from core.workbench.tasks.top_predictions import top_predictions_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    BIASED,
    EFFICIENTNET,
    REGNET,
    RESNET,
    charts,
    open_page,
    pictures,
    run_until_complete,
    texts,
)

SCENES = "scenes:84~7"


def open_agreement(app: AppTest, *models: str, set: str = SCENES, **parameters: str) -> AppTest:
    named = {f"compare_{name}": value for name, value in parameters.items()}
    return open_page(app, "compare", models, set=set, compare_view="Agreement", **named)


def predictions(*names: str) -> dict[str, TopPredictions]:
    """The top class of each network for each picture of the set."""
    cards = [workbench().card(name) for name in names]
    results = workbench().answer([top_predictions_recipe(card, SCENES) for card in cards])
    return {
        card.name: result.named(card.labels) for card, result in zip(cards, results, strict=True)
    }


def lines_below(app: AppTest, label: str) -> list[str]:
    """The lines below the first picture with this label."""
    captions = (caption.value.replace("\\", "") for caption in app.caption)
    caption = next(text for text in captions if text.startswith(f"**{label}**"))
    return [line.strip() for line in caption.split("\n")[1:]]


def test_pictures_on_which_networks_differ_come_first(app: AppTest, bundled):
    open_agreement(app, REGNET, BIASED)
    predicted = predictions(REGNET, BIASED)
    differing = compare.disagreements(predicted)
    assert f"differ on **{len(differing):,}**" in texts(app)
    assert pictures(app)[0].startswith(f"Picture {differing[0].index}:")
    assert len(pictures(app)) == min(12, len(differing))
    app.toggle(key="compare_disagreed").set_value(False)
    run_until_complete(app)
    assert [alt.partition(":")[0] for alt in pictures(app)] == [f"Picture {i}" for i in range(12)]


def test_predictions_are_marked_as_right_or_wrong(app: AppTest, bundled):
    open_agreement(app, REGNET, BIASED, disagreed="false")
    truth = workbench().sets.find(SCENES).label(0)
    lines = lines_below(app, truth)
    for line, (name, predicted) in zip(lines, predictions(REGNET, BIASED).items(), strict=True):
        mark = "check" if predicted.labels[0] == truth else "close"
        title = workbench().card(name).title
        words = f"{title}: {predicted.labels[0]}, {predicted.probability[0]:.0%}"
        assert line == f":material/{mark}: {words}"


def test_accuracy_is_that_of_core_compare(app: AppTest, bundled):
    open_agreement(app, REGNET, BIASED)
    pictures_of_set = workbench().sets.find(SCENES)
    truth = [pictures_of_set.label(index) for index in range(len(pictures_of_set))]
    scores = app.dataframe[1].value
    assert list(scores.index) == ["scenes-regnet", "scenes-mobilenet-biased"]
    for accuracy, (name, predicted) in zip(
        scores["accuracy"], predictions(REGNET, BIASED).items(), strict=True
    ):
        report = compare.measure_accuracy(predicted, truth, workbench().card(name).labels)
        assert accuracy == pytest.approx(report.accuracy)


def test_a_cell_of_the_confusion_matrix_shows_its_pictures(app: AppTest, bundled):
    open_agreement(app, BIASED, shown="fox", said="fox")
    labels = predictions(BIASED)[BIASED].labels
    pictures_of_set = workbench().sets.find(SCENES)
    right = [i for i in range(84) if pictures_of_set.label(i) == labels[i] == "fox"]
    assert 0 < len(right) < labels.count("fox")
    assert pictures(app)[12:] == [f"Picture {index}: fox" for index in right]


def test_one_network_has_no_agreement_matrix(app: AppTest, bundled):
    open_agreement(app, BIASED)
    assert not any(alt.startswith("Share of the pictures") for alt in charts(app))
    assert len(pictures(app)) == 12


def test_a_page_number_beyond_the_last_page_becomes_the_last(app: AppTest, bundled):
    open_agreement(app, REGNET, page="99")
    assert pictures(app)[0] == f"Picture 72: {workbench().sets.find(SCENES).label(72)}"
    assert app.query_params["set"] == SCENES


def test_a_network_that_does_not_know_the_labels_is_not_scored(app: AppTest):
    open_agreement(app, RESNET, EFFICIENTNET, set="scenes:12~7")
    assert "No accuracy for **test_resnet** and **test_efficientnet**" in texts(app)
    assert not app.dataframe[1:]  # the first has the set's classes
    labels = workbench().card(RESNET).labels
    assert "church" in labels
    assert "cat" not in labels
    assert all(line.startswith(":material/close:") for line in lines_below(app, "church"))
    assert all(line.startswith("test_") for line in lines_below(app, "cat"))  # not wrong


def test_pictures_without_labels_have_no_accuracy(app: AppTest, noise):
    uploaded = workbench().pictures.upload(images.png(noise), "me")
    open_agreement(app, RESNET, EFFICIENTNET, set=f"pictures:{uploaded}")
    assert not app.dataframe
    assert not any(alt.startswith("Reliability") for alt in charts(app))
    app.segmented_control(key="compare_view").set_value("Cost and accuracy")
    run_until_complete(app)
    assert "accuracy" not in app.dataframe[0].value
    assert "These images have no labels" in texts(app)
    assert not charts(app)
