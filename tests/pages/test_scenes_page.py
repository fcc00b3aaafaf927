import pytest
from streamlit.testing.v1 import AppTest


@pytest.fixture
def scenes_page(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("pages/scenes.py").run()
    assert not app.exception
    return app


def test_a_scene_is_shown_with_its_parts(scenes_page):
    table = scenes_page.dataframe[0].value
    assert {"head", "eye", "body"} <= set(table["part"])
    assert 0 < table["share of the picture"].sum() < 1


def test_parts_can_be_laid_over(scenes_page):
    scenes_page.get_by_key("_marked").set_value("all parts").run()
    assert not scenes_page.exception


def test_what_is_set_is_drawn_and_can_be_used(scenes_page):
    scenes_page.selectbox(key="class").select("owl").run()
    scenes_page.selectbox(key="background").select("snow").run()
    scenes_page.toggle(key="set_scale").set_value(True).run()
    scenes_page.slider(key="scale").set_value(0.9).run()
    button = next(b for b in scenes_page.button if b.label == "Use this picture")
    button.click().run()
    assert not scenes_page.exception
    assert scenes_page.session_state["picture"] == "scene:owl~7~background=snow~scale=0.9"


def test_a_scene_in_a_link_that_can_not_be_drawn_is_told(app):
    app.query_params["picture"] = "scene:dragon~1"
    app.run()
    assert not app.exception
    assert "dragon" in app.warning[0].value


def test_a_number_out_of_range_is_told_or_bounded(app):
    app.query_params["number"] = "-5"
    app.run()
    app.switch_page("pages/scenes.py").run()
    assert not app.exception
