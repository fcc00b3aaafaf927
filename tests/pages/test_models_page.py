"""The page Models: the table, its filters, the shortlist, and details of networks."""

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import zoo
from core.compare import network_size
from core.zoo import catalog
from core.zoo.coverage import CAPABILITIES, Coverage
from pages.parts.models import shortlist
from pages.parts.models.filters import WHERE
from pages.parts.shared import downloads
from pages.parts.shared.markdown import escape_markdown
from tests.pages.made_networks import save_network
from tests.pages.visit import RESNET, click, go_back, run_until_complete, texts


@pytest.fixture
def models(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("pages/models.py").run()
    assert not app.exception
    return app


def table(app: AppTest) -> pd.DataFrame:
    return app.dataframe[0].value


def test_all_models_are_listed_and_local_ones_come_first(models, made_models):
    assert len(table(models)) == len(catalog())
    assert list(table(models)["name"][:2]) == ["local/test_efficientnet", "local/test_resnet"]


def test_the_search_finds_names_with_all_of_its_words(models):
    models.text_input(key="models_search").set_value("mobilenetv3 small untrained").run()
    names = table(models)["name"]
    assert len(names) > 2
    assert all("mobilenetv3" in name and "small" in name for name in names)


@pytest.mark.parametrize("search", ["net_lite0", "net-lite0", "net lite0", "NET.LITE0"])
def test_the_search_takes_all_separators_for_the_same(app, tmp_path, monkeypatch, search):
    save_network(tmp_path / "efficientnet-lite0", ["cat", "dog"])
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    app.run().switch_page("pages/models.py").run()
    app.text_input(key="models_search").set_value(search).run()
    names = set(table(app)["name"])
    assert {"local/efficientnet-lite0", "untrained/tf_efficientnet_lite0"} <= names


def test_filters_combine(models):
    models.multiselect(key="models_family").set_value(["resnet"]).run()
    models.slider(key="models_millions").set_value(20).run()
    models.selectbox(key="models_classes").set_value("1000").run()
    rows = table(models)
    assert set(rows["family"]) == {"resnet"}
    assert rows["parameters"].max() <= 20
    assert set(rows["classes"]) == {1000}


def test_models_are_filtered_by_kind_weights_and_input_size(models):
    models.toggle(key="expert").set_value(True).run()
    models.get_by_key("models_kind").set_value(["hybrid"]).run()
    models.get_by_key("models_where").set_value(["to download from the hub"]).run()
    models.select_slider(key="models_size").set_value((256, 320)).run()
    rows = table(models)
    assert set(rows["kind"]) == {"hybrid"}
    assert set(rows["where"]) == {"to download from the hub"}
    assert rows["input_size"].between(256, 320).all()


def test_an_old_link_filters_by_where_the_weights_are(app: AppTest):
    app.run()
    app.query_params["models_where"] = ["refused", "local"]
    app.switch_page("pages/models.py").run()
    assert app.get_by_key("models_where").value == ["cannot be opened", "in a folder here"]
    assert set(table(app)["where"]) == {"cannot be opened", "in a folder here"}


def test_a_search_without_a_match_shows_no_table(models):
    models.text_input(key="models_search").set_value("no such network").run()
    assert not models.exception
    assert not models.dataframe
    assert models.info


def test_the_count_follows_the_filters(models):
    assert f"**{len(catalog()):,}** of" in texts(models)
    models.text_input(key="models_search").set_value("mobilenetv3 small untrained").run()
    assert f"**{len(table(models))}** of {len(catalog()):,} networks" in texts(models)


def shortlisted(app: AppTest, *names: str) -> AppTest:
    app.query_params["models_shortlist"] = list(names)
    app.run()
    app.switch_page("pages/models.py").run()
    assert not app.exception
    return app


def test_a_link_holds_the_shortlist_and_a_search_keeps_it(app):
    shortlisted(app, RESNET, "resnet50.a1_in1k", "no such network")
    app.text_input(key="models_search").set_value("convnext").run()
    assert app.session_state["models_shortlist"] == [RESNET, "resnet50.a1_in1k"]
    app.switch_page("pages/predict.py").run()
    app.switch_page("pages/models.py").run()
    assert app.session_state["models_shortlist"] == [RESNET, "resnet50.a1_in1k"]


def test_ticks_keep_what_the_table_does_not_show():
    assert shortlist._after_tick(["a", "b"], ["b", "c", "d"], [1]) == ["a", "c"]
    assert shortlist._after_tick([], ["b", "c"], [0, 1, 7]) == ["b", "c"]


def test_rows_on_the_shortlist_are_ticked(app):
    shortlisted(app, RESNET)
    names = list(table(app)["name"])
    (ticked,) = [app.session_state[key]["selection"]["rows"] for key in app.session_state
                 if key.startswith("_models_")]  # fmt: skip
    assert [names[row] for row in ticked] == [RESNET]


def test_the_button_chooses_what_it_says_and_the_page_stays(app):
    four = [f"untrained/test_{name}" for name in ("resnet", "convnext", "nfnet", "efficientnet")]
    shortlisted(app, *four)
    assert "In the place of test_efficientnet, test_resnet in the sidebar" in texts(app)
    click(app, "Use these 4 on all pages")
    assert app.session_state["models"] == four
    assert app.title[0].value == "Which networks are there?"
    assert "These 4 are chosen on all pages" in texts(app)
    pages = [link.proto.page for link in app.main.get("page_link")]
    assert pages == ["predict", "compare"]


def test_search_and_shortlist_are_there_again_after_back(app, monkeypatch):
    """Back leads to an address without the page's parameters, and Streamlit empties the widgets."""
    shortlisted(app, RESNET)
    app.text_input(key="models_search").set_value("convnext").run()
    app.switch_page("pages/predict.py").run()
    go_back(app.switch_page("pages/models.py"), monkeypatch)
    assert app.text_input(key="models_search").value == "convnext"
    assert app.session_state["models_shortlist"] == [RESNET]


def test_the_file_has_the_words_of_the_page(models, monkeypatch):
    offered = {}
    monkeypatch.setattr(downloads, "csv", lambda rows, stem, **_: offered.update({stem: rows}))
    models.run()
    words = set(offered["models"]["where"])
    assert "cannot be opened" in words
    assert words <= set(WHERE.values())


def test_five_networks_are_not_compared(app):
    names = ("resnet", "convnext", "nfnet", "efficientnet", "byobnet")
    shortlisted(app, *(f"untrained/test_{name}" for name in names))
    (button,) = [button for button in app.button if button.label == "Use these 5 on all pages"]
    assert button.disabled
    assert "take 1 off the shortlist" in texts(app)


def test_details_state_licence_training_data_year_and_size(app):
    shortlisted(app, "resnet50.a1_in1k", "convnext_tiny.fb_in22k_ft_in1k")
    facts = app.table[0].value
    first, second = (facts.iloc[:, column] for column in range(2))
    assert first["Licence"].lower() == "apache-2.0"
    assert second["Trained on"] == "ImageNet-22k, then ImageNet-1k"
    assert first["Year"] == "2021"
    assert first["Parameters"] == "25.6 M\\*"


def test_sizes_are_those_of_the_networks_as_they_are_loaded(app, tmp_path, monkeypatch):
    """A network of two classes has fewer parameters than timm's default of the architecture."""
    save_network(tmp_path / "pets", ["cat", "dog"])
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    loaded = zoo.load("local/pets")
    expected = f"{network_size(loaded).parameters / 1e6:.1f} M"
    assert f"{loaded.card.facts.parameters / 1e6:.1f} M" != expected
    run_until_complete(shortlisted(app, "local/pets"))
    assert app.table[0].value.iloc[:, 0]["Parameters"] == expected
    run_until_complete(app.switch_page("pages/predict.py"))
    app.session_state["models"] = ["local/pets"]
    assert f"{expected} parameters" in texts(run_until_complete(app))


def test_details_say_what_does_not_work_and_why(app, monkeypatch):
    reason = "no layer has positions"
    counted = {
        "resnet18": Coverage(frozenset(CAPABILITIES) - {"grad_cam", "layer_cam", "fields"},
                             fails={"grad_cam": reason, "layer_cam": reason},
                             not_counted={"fields": "it takes more than 180 seconds"}),
        "resnet34": Coverage(frozenset(CAPABILITIES)),
    }  # fmt: skip
    monkeypatch.setattr("pages.parts.models.details.coverage", counted.get)
    shortlisted(app, "untrained/resnet18", "untrained/resnet34", "untrained/resnet50")
    told = list(app.table[0].value.loc["Does not work"])
    first = (
        "Grad-CAM, LayerCAM (no layer has positions);"
        " receptive fields (not checked: it takes more than 180 seconds)"
    )
    works = "nothing: all of it was checked"
    assert told == [escape_markdown(each) for each in (first, works, "not checked")]
