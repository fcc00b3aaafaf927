import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.zoo import catalog


@pytest.fixture
def models(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("pages/models.py").run()
    assert not app.exception
    return app


def table(app: AppTest) -> pd.DataFrame:
    return app.dataframe[0].value


def test_every_model_is_listed_those_here_first(models, made_models):
    assert len(table(models)) == len(catalog())
    assert list(table(models)["name"][:2]) == ["local/test_efficientnet", "local/test_resnet"]


def test_search_takes_all_words(models):
    models.text_input(key="search").set_value("mobilenetv3 small untrained").run()
    names = table(models)["name"]
    assert len(names) > 2
    assert all("mobilenetv3" in name and "small" in name for name in names)


def test_filters_add_up(models):
    models.multiselect(key="family").set_value(["resnet"]).run()
    models.slider(key="millions").set_value(20).run()
    models.selectbox(key="classes").set_value("1000").run()
    found = table(models)
    assert set(found["family"]) == {"resnet"}
    assert found["parameters"].max() <= 20
    assert set(found["classes"]) == {1000}


def test_filtering_by_kind_weights_and_size(models):
    models.get_by_key("kind").set_value(["hybrid"]).run()
    models.get_by_key("where").set_value(["hub"]).run()
    models.select_slider(key="size").set_value((256, 320)).run()
    found = table(models)
    assert set(found["kind"]) == {"hybrid"}
    assert set(found["where"]) == {"hub"}
    assert found["input_size"].between(256, 320).all()


def test_filters_that_fit_nothing_say_so(models):
    models.text_input(key="search").set_value("no such network").run()
    assert not models.exception
    assert "No model fits" in models.info[0].value
