"""The page Failures: one dial with its pictures and curves, and the table of all dials."""

from streamlit.testing.v1 import AppTest

from core import predict
from core.corruptions import DIALS, STEPS
from core.workbench.tasks.dial_answers import dial_answers_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    EFFICIENTNET,
    PICTURE,
    RESNET,
    charts,
    download_labels,
    open_page,
    pictures,
    texts,
)

NETWORKS = [RESNET, EFFICIENTNET]


def test_a_dial_has_a_verdict_pictures_and_curves(app: AppTest):
    open_page(app, "failures", NETWORKS)
    bench = workbench()
    picture = bench.pictures.find(PICTURE)
    card = bench.card(RESNET)
    (answers,) = bench.answer([dial_answers_recipe(card, picture.id, "defocus_blur")])
    first = card.labels[predict.softmax(answers.logits)[0].argmax()]
    said = texts(app)
    assert f"says **{first}**" in said
    assert said.count("holds it at every step") + said.count("until it breaks at step") == 2
    assert [alt.split(":")[0] for alt in pictures(app)] == [
        f"The picture at step {step}" for step in range(STEPS + 1)
    ]
    assert charts(app) == ["Probability of the first answer by Defocus blur"]


def test_the_table_has_every_dial_and_network(app: AppTest):
    open_page(app, "failures", NETWORKS)
    table = app.dataframe[0].value
    assert table["dial"].tolist() == [dial.title for dial in DIALS.values()]
    cells = table[["test_resnet", "test_efficientnet"]].to_numpy().ravel()
    assert all(cell == "holds" or cell.startswith("step ") for cell in cells)
    held = sum(
        STEPS if cell == "holds" else int(cell.removeprefix("step ").partition(":")[0]) - 1
        for cell in table["test_resnet"]
    )
    assert f"test_resnet holds {held} of {STEPS * len(DIALS)} steps" in texts(app)
    assert "CSV" in download_labels(app)


def test_an_attack_shows_its_change_enlarged(app: AppTest):
    open_page(app, "failures", [RESNET], failures_dial=DIALS["pgd"].title, failures_step="2")
    assert any("20 times as large" in alt for alt in pictures(app))
    assert "The picture at step 2: ± 0.5 of 255" in pictures(app)
