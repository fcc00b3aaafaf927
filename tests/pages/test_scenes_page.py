"""The page Scenes: a drawn scene, its parts, and the widgets that set its factors."""

import pytest
from streamlit.testing.v1 import AppTest

from core import predict
from core.workbench.tasks.logits import logits_recipe
from pages.parts.shared.session import workbench
from tests.pages.visit import (
    REGNET,
    RESNET,
    button_labels,
    click,
    link_labels,
    open_page,
    run_until_complete,
    texts,
)


@pytest.fixture
def scenes_page(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("pages/scenes.py").run()
    assert not app.exception
    return app


def test_a_scene_has_a_table_of_its_visible_parts(scenes_page):
    table = scenes_page.dataframe[0].value
    assert {"head", "eye", "body"} <= set(table["part"])
    assert 0 < table["share of the picture"].sum() < 1


def test_parts_are_laid_over_the_picture(scenes_page):
    plain = scenes_page.main.get("image")[0].proto.imgs[0].url
    scenes_page.pills(key="scenes_part").set_value("all parts").run()
    assert not scenes_page.exception
    assert scenes_page.main.get("image")[0].proto.imgs[0].url != plain


def test_chosen_factors_are_drawn_and_the_scene_becomes_the_picture(scenes_page):
    scenes_page.selectbox(key="scenes_class").select("owl").run()
    scenes_page.selectbox(key="scenes_background").select("snow").run()
    scenes_page.toggle(key="scenes_set_scale").set_value(True).run()
    scenes_page.slider(key="scenes_scale").set_value(0.9).run()
    click(scenes_page, "Use this picture")
    assert scenes_page.session_state["picture"] == "scene:owl~7~background=snow~scale=0.9"


def test_a_used_scene_leads_to_the_pages_that_show_more_of_it(scenes_page):
    assert "Use this picture" in button_labels(scenes_page)
    assert not {"See what it is", "See where networks look"} & set(link_labels(scenes_page))
    click(scenes_page, "Use this picture")
    assert "Use this picture" not in button_labels(scenes_page)
    assert {"See what it is", "See where networks look"} <= set(link_labels(scenes_page))
    scenes_page.selectbox(key="scenes_class").select("owl")
    assert "Use this picture" in button_labels(run_until_complete(scenes_page))


def test_a_link_opens_the_highlighted_part_and_the_url_holds_it(app):
    open_page(app, "scenes", [RESNET], scenes_part="eye")
    assert app.pills(key="scenes_part").value == "eye"
    assert app.query_params["scenes_part"] == "eye"
    app.pills(key="scenes_part").set_value("head")
    assert run_until_complete(app).pills(key="scenes_part").value == "head"


def test_a_part_that_the_scene_does_not_have_is_not_highlighted(app):
    open_page(app, "scenes", [RESNET], scenes_part="wing of a dragon")
    assert app.pills(key="scenes_part").value is None


def test_each_network_says_what_the_scene_is(app, bundled: list[str]):
    open_page(app, "scenes", [REGNET, RESNET], scenes_class="wolf")
    bench = workbench()
    for name in (REGNET, RESNET):
        card = bench.card(name)
        (computed,) = bench.answer([logits_recipe(card, bench.pictures.find("scene:wolf~7").id)])
        (top,) = predict.ranking(computed.logits, card.labels, 1)
        assert f"says **{top.label}** ({top.probability:.0%})" in texts(app)
    assert "**test_resnet** was taught on the photographs of ImageNet" in texts(app)
    assert "**scenes-regnet** was taught" not in texts(app)


def test_a_link_to_a_scene_that_cannot_be_drawn_names_the_problem(app):
    app.query_params["picture"] = "scene:dragon~1"
    app.run()
    assert not app.exception
    assert "dragon" in app.warning[0].value


@pytest.mark.parametrize(("number", "drawn"), [("-5", 0), ("2000000000", 10**9), ("12", 12)])
def test_a_number_out_of_range_becomes_the_nearest_bound(app, number, drawn):
    open_page(app, "scenes", ["local/test_resnet"], scenes_number=number)
    assert app.number_input(key="scenes_number").value == drawn
