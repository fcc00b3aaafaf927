"""The chooser of the networks in the sidebar: one is added at a time, and each can be removed."""

from streamlit.testing.v1 import AppTest

from tests.pages.visit import EFFICIENTNET, RESNET, button_labels, open_page, texts

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


def test_the_buttons_that_remove_networks_are_called_so(app: AppTest):
    """A screen reader reads the label; for an icon alone it would say "close icon"."""
    open_page(app, "models", [RESNET, EFFICIENTNET])
    assert button_labels(app.sidebar).count("Remove") == 2


def test_a_network_that_does_not_exist_is_shown_as_unknown(app: AppTest):
    open_page(app, "models", [RESNET, "foo/bar"])
    shown = texts(app.sidebar)
    assert "foo/bar :orange-badge[unknown]" in shown
    assert "**foo/bar**" not in shown
    assert "There is no model" in shown
    assert "Remove it, then search for another below." in shown
    app.button(key="_remove_foo/bar").click().run()
    assert app.session_state["models"] == [RESNET]
    assert "unknown" not in texts(app.sidebar)
