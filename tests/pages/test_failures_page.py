"""The page Failures: a picture, a set of pictures, and what helps."""

from streamlit.testing.v1 import AppTest

from core import predict
from core.corruptions import DIALS, STEPS
from core.workbench.tasks.dial_answers import dial_answers_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
    PICTURE,
    REGNET,
    RESNET,
    button_labels,
    charts,
    click,
    download_labels,
    open_page,
    pictures,
    run_until_complete,
    texts,
)

NETWORKS = [RESNET, EFFICIENTNET]
SISTER = "bundled/scenes-regnet-robust"
# Two halves of as few pictures as a remedy accepts.
SET = "scenes:16~7"


def test_a_dial_has_verdicts_pictures_curves_and_a_table_of_all_dials(app: AppTest):
    open_page(app, "failures", NETWORKS, failures_step="2")
    bench = workbench()
    picture = bench.pictures.find(PICTURE)
    card = bench.card(RESNET)
    (answers,) = bench.answer([dial_answers_recipe(card, picture.id, "defocus_blur")])
    first = card.labels[predict.softmax(answers.logits)[0].argmax()]
    said = texts(app)
    assert f"says **{first}**" in said
    assert said.count("holds it at every step") + said.count("until it breaks at step") == 2
    assert [alt.split(":")[0] for alt in pictures(app)[: STEPS + 1]] == [
        f"The picture at step {step}" for step in range(STEPS + 1)
    ]
    assert f"Heat map of test_resnet before: {first}" in pictures(app)
    assert charts(app) == ["Probability of the followed class by Defocus blur"]
    table = app.dataframe[0].value
    assert table["dial"].tolist() == [dial.title for dial in DIALS.values()]
    cells = table[["test_resnet", "test_efficientnet"]].to_numpy().ravel()
    assert all(cell == "holds" or cell.startswith("step ") for cell in cells)
    held = sum(
        STEPS if cell == "holds" else int(cell.removeprefix("step ").partition(":")[0]) - 1
        for cell in table["test_resnet"]
    )
    assert f"test_resnet holds {held} of {STEPS * len(DIALS)} steps" in said
    assert download_labels(app) == ["HTML", "CSV", "PNG", "PDF to print"]


def test_an_attack_shows_its_change_enlarged_and_the_curve_follows_a_chosen_class(app: AppTest):
    open_page(
        app, "failures", [RESNET], failures_dial=DIALS["pgd"].title, failures_step="2",
        failures_follow="Class by name", failures_class="goldfish",
    )  # fmt: skip
    assert any("20 times as large" in alt for alt in pictures(app))
    assert "The picture at step 2: ± 0.5 of 255" in pictures(app)
    assert "is wrong about the unchanged picture" in texts(app)
    assert "Heat map of test_resnet after: goldfish" in pictures(app)
    assert any(cell.startswith("wrong: ") for cell in app.dataframe[0].value["test_resnet"])


def test_a_set_has_accuracy_calibration_and_the_pictures_that_one_network_holds(
    bundled, app: AppTest
):
    open_page(
        app, "failures", [REGNET, SISTER], failures_view="A set of pictures", set=SET,
        failures_dial="Fog", failures_step="1",
    )  # fmt: skip
    said = texts(app)
    assert said.count("of its accuracy over the 5 steps") == 2
    assert charts(app) == [
        "Accuracy by Fog", "Calibration error (ECE) by Fog",
        "Reliability diagram of scenes-regnet at step 1",
    ]  # fmt: skip
    table = app.dataframe[-1].value
    assert table["network"].tolist() == ["scenes-regnet", "scenes-regnet-robust"]
    assert table["accuracy, step 0"].str.fullmatch(r"\d+% \(\d+% to \d+%\)").all()
    held = [alt for alt in pictures(app) if "at step 1" in alt]
    assert f"for **{len(held)}** of 16 pictures" in said


def test_pictures_without_labels_count_kept_answers_and_have_no_remedies(app: AppTest):
    open_page(app, "failures", NETWORKS, failures_view="A set of pictures", set="scenes:4~7")
    said = texts(app)
    assert "No accuracy: these pictures have no labels that these networks know" in said
    assert charts(app) == ["Answers kept by Gaussian noise"]
    app.segmented_control("failures_view").set_value("What helps")
    run_until_complete(app)
    assert "Choose labelled pictures" in texts(app)
    assert not charts(app)


def test_a_long_test_says_what_it_costs_and_waits_for_a_click(bundled, app: AppTest):
    open_page(
        app, "failures", [REGNET, SISTER], failures_view="A set of pictures",
        set="scenes:560~7", failures_count="560",
    )  # fmt: skip
    assert "560 pictures × 2 networks: about " in texts(app)
    assert "Test these pictures" in button_labels(app)
    assert not charts(app)


def test_one_picture_says_nothing_about_accuracy(bundled, app: AppTest):
    open_page(app, "failures", [REGNET], failures_view="A set of pictures", set="scenes:1~7")
    assert "1 picture says nothing about accuracy: choose at least 4" in texts(app)
    assert not charts(app)


def test_remedies_are_tried_on_a_set(bundled, app: AppTest):
    open_page(
        app, "failures", [REGNET], failures_view="What helps", set=SET, failures_step="1",
        failures_remedy="Temperature scaling",
    )  # fmt: skip
    assert "Fitted on 8 pictures, judged on 8 others" in texts(app)
    assert [alt.partition(" of ")[0] for alt in charts(app)] == 2 * ["Reliability diagram"]
    app.segmented_control("failures_remedy").set_value("Abstain")
    run_until_complete(app)
    assert charts(app) == ["Wrong answers by share of answered pictures at step 1"]
    assert app.dataframe[-1].value["wrong without"].str.contains("%").all()
    app.segmented_control("failures_remedy").set_value("Ten crops")
    run_until_complete(app)
    click(app, "Try ten crops")
    assert "averaging ten crops" in texts(app)
    app.segmented_control("failures_remedy").set_value("Robust sister")
    run_until_complete(app)
    assert "Put scenes-regnet-robust beside it" in button_labels(app)
    click(app, "Put scenes-regnet-robust beside it")
    assert charts(app) == ["Accuracy of both sisters by Gaussian noise"]
