"""The chooser of the networks in the sidebar: one is added at a time, and each can be removed."""

from streamlit.testing.v1 import AppTest

from tests.pages.visit import EFFICIENTNET, RESNET, open_page, texts

UNTRAINED = [f"untrained/test_{name}" for name in ("resnet", "convnext", "nfnet")]


def test_the_search_adds_the_one_network_that_is_picked(app: AppTest):
    open_page(app, "models", [RESNET])
    search = app.selectbox(key="_add_0")
    assert "test_efficientnet · local" in search.options
    assert not any(option.startswith("test_resnet ·") for option in search.options)
    search.select(EFFICIENTNET).run()
    assert app.session_state["models"] == [RESNET, EFFICIENTNET]
    assert app.selectbox(key="_add_1").value is None


def test_a_network_is_removed_by_its_button(app: AppTest):
    open_page(app, "models", [RESNET, EFFICIENTNET])
    assert "**test_resnet** :gray-badge[local]" in texts(app.sidebar)
    app.button(key=f"_remove_{RESNET}").click().run()
    assert app.session_state["models"] == [EFFICIENTNET]
    assert "test_resnet" not in texts(app.sidebar)


def test_a_fifth_network_cannot_be_added(app: AppTest):
    open_page(app, "models", [RESNET, *UNTRAINED])
    assert app.selectbox(key="_add_0").disabled
