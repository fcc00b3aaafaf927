"""Linked widgets: values from the URL, old parameters, and options that change."""

import ast
import math
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shared.bounded_number import bounded
from tests.conftest import PROJECT
from tests.pages.hostile_links import NUMBERS, TEXTS
from tests.pages.visit import LONGEST_WAIT

SHAPES = ["circle", "square", "star"]
# Widgets with one option of several.
SINGLE = ["select", "segmented", "pills", "select_slider"]


def page(kind: str, arguments: list) -> None:
    """Show one linked widget, and its value as text."""
    import streamlit as st

    from pages.parts.shared.linked import Linked

    widget = getattr(Linked("page"), kind)
    if "options" in st.session_state:
        arguments = [st.session_state["options"]]
    if kind == "pagination":
        value = widget(*arguments, "name")
    elif kind in ("number", "slider"):
        low, high, default = arguments
        value = widget("Label", low, high, "name", default)
    elif kind in ("toggle", "text"):
        value = widget("Label", "name", *arguments)
    else:
        value = widget("Label", arguments[0], "name", *arguments[1:])
    st.text(repr(value))


def run_widget(kind: str, *arguments: object, **parameters: str | list[str]) -> AppTest:
    """Run the page in a new session, from a link with these parameters."""
    app = AppTest.from_function(page, default_timeout=LONGEST_WAIT, args=(kind, list(arguments)))
    for name, value in parameters.items():
        app.query_params[name] = value
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    assert not app.warning  # Streamlit warns where a default and an assigned value conflict
    return app


def value(app: AppTest) -> Any:
    return ast.literal_eval(app.text[0].value)


@pytest.mark.parametrize("kind", SINGLE)
def test_the_url_sets_the_widget(kind: str):
    app = run_widget(kind, SHAPES, page_name="star")
    assert value(app) == value(run(app)) == "star"
    assert app.query_params["page_name"] == "star"


@pytest.mark.parametrize("kind", [*SINGLE, "select_or_none"])
@pytest.mark.parametrize("name", ["page_name", "name"])
def test_a_value_that_is_not_an_option_becomes_the_default(kind: str, name: str):
    app = run_widget(kind, SHAPES, **{name: "<b>9"})
    expected = None if kind == "select_or_none" else "circle"
    assert value(app) == value(run(app)) == expected
    assert "<b>9" not in str(app.query_params)


@pytest.mark.parametrize("kind", ["select", "segmented", "select_slider"])
def test_the_default_can_be_another_option_than_the_first(kind: str):
    assert value(run_widget(kind, SHAPES, "square")) == "square"
    assert value(run_widget(kind, SHAPES, "square", page_name="none")) == "square"
    assert value(run_widget(kind, SHAPES, "square", page_name="circle")) == "circle"


@pytest.mark.parametrize("kind", [*SINGLE, "select_or_none"])
def test_an_old_parameter_is_taken_over_and_removed(kind: str):
    app = run_widget(kind, SHAPES, name="star")
    assert value(app) == "star"
    assert value(run(app)) == "star"
    assert app.query_params == {"page_name": "star"}


@pytest.mark.parametrize(
    ("kind", "arguments", "old", "expected"),
    [
        ("toggle", (), "true", True),
        ("number", (0, 100, 5), "70", 70),
        ("slider", (0.0, 1.0, 0.5), "0.25", 0.25),
        ("text", (), "two words", "two words"),
        ("pagination", (9,), "4", 4),
        ("multiselect", (SHAPES,), ["star", "circle"], ["star", "circle"]),
        ("several_pills", (SHAPES,), ["star"], ["star"]),
        ("range_slider", ([1, 2, 3, 4],), ["2", "3"], (2, 3)),
    ],
)
def test_old_parameters_of_all_kinds_are_taken_over(kind, arguments, old, expected):
    app = run_widget(kind, *arguments, name=old)
    for _ in range(2):
        found = value(app)
        assert sorted(found) == sorted(expected) if kind == "multiselect" else found == expected
        run(app)
    assert set(app.query_params) == {"page_name"}


@pytest.mark.parametrize("kind", SINGLE)
def test_a_choice_is_kept_when_the_options_change_and_still_have_it(kind: str):
    app = run_widget(kind, SHAPES, page_name="star")
    app.session_state["options"] = ["moon", "star"]
    assert value(run(app)) == value(run(app)) == "star"


@pytest.mark.parametrize("kind", SINGLE)
def test_a_choice_becomes_the_default_when_the_options_lose_it(kind: str):
    app = run_widget(kind, SHAPES, page_name="star")
    app.session_state["options"] = ["moon", "sun"]
    assert value(run(app)) == value(run(app)) == "moon"
    assert app.query_params.get("page_name", "moon") == "moon"


@pytest.mark.parametrize("kind", ["multiselect", "several_pills"])
def test_several_choices_keep_those_that_are_options(kind: str):
    app = run_widget(kind, SHAPES, page_name=["star", "hexagon", "circle"])
    assert sorted(value(app)) == sorted(value(run(app))) == ["circle", "star"]
    app.session_state["options"] = ["moon", "star"]
    assert value(run(app)) == ["star"]


def test_no_valid_choice_of_several_becomes_the_default():
    assert value(run_widget("multiselect", SHAPES, ["square"], page_name="hexagon")) == ["square"]
    assert value(run_widget("multiselect", SHAPES, page_name="hexagon")) == []


@pytest.mark.parametrize("ends", [["x", "3"], ["2"], ["1", "2", "3"], "nan", ["9" * 5000, "3"]])
@pytest.mark.parametrize("name", ["page_name", "name"])
def test_a_range_always_has_two_ends_among_the_options(name: str, ends):
    app = run_widget("range_slider", [1, 2, 3, 4], **{name: ends})
    for _ in range(2):
        low, high = value(app)
        assert 1 <= low <= high <= 4
        run(app)


@pytest.mark.parametrize(("held", "on"), [("true", True), ("True", True), ("false", False),
                                          ("maybe", False), ("1", False)])  # fmt: skip
def test_a_toggle_is_on_where_the_url_has_true(held: str, on: bool):
    app = run_widget("toggle", False, page_name=held)
    assert value(app) is value(run(app)) is on


@pytest.mark.parametrize("kind", ["number", "slider"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [("70", 70), ("-3", 0), ("1000", 100), ("x", 5), ("nan", 5), ("1e400", 5), ("7" * 5000, 5)],
)
def test_a_number_from_the_url_is_within_bounds(kind: str, text: str, expected: int):
    app = run_widget(kind, 0, 100, 5, page_name=text)
    assert value(app) == value(run(app)) == expected


def test_a_number_that_the_visitor_changes_stays_changed():
    app = run_widget("number", 0, 100, 5, page_name="1000")
    app.number_input(key="page_name").set_value(42)
    assert value(run(app)) == value(run(app)) == 42


@pytest.mark.parametrize(
    ("pages", "page_number", "expected"),
    [(1, "7", 1), (3, "2", 2), (3, "99", 3), (3, "-1", 1), (0, "x", 1)],
)
def test_a_page_number_is_within_bounds(pages: int, page_number: str, expected: int):
    assert value(run_widget("pagination", pages, page_name=page_number)) == expected


# Arguments of every kind of widget, without the label and the name.
ARGUMENTS: dict[str, tuple] = {
    **dict.fromkeys([*SINGLE, "select_or_none", "multiselect", "several_pills"], (SHAPES,)),
    "range_slider": ([1, 2, 3, 4],), "toggle": (), "text": (), "pagination": (9,),
}  # fmt: skip
BOUNDS: dict[str, tuple] = {
    "number": (0, 100, 5), "number_of_floats": (0.0, 1.0, 0.5),
    "slider": (0, 100, 5), "slider_of_floats": (-180.0, 180.0, 0.0),
}  # fmt: skip


def all_kinds(arguments: dict, bounds: dict) -> None:
    """Show a linked widget of every kind, and the numbers' values as text."""
    import streamlit as st

    from pages.parts.shared.linked import Linked

    for kind, given in arguments.items():
        label = [] if kind == "pagination" else [kind]
        getattr(Linked("page"), kind)(*label, *given, kind)
    for name, (low, high, default) in bounds.items():
        widget = getattr(Linked("page"), name.removesuffix("_of_floats"))
        st.text(repr((low, widget(name, low, high, name, default), high)))


@pytest.mark.parametrize(
    ("values", "start", "before"),
    [((*NUMBERS, *TEXTS[::3]), "page_", []), (NUMBERS[::4], "", ["7", "inf"])],
    ids=["parameters", "old and repeated parameters"],
)
def test_no_value_crashes_any_kind_of_widget(values, start: str, before: list[str]):
    for text in values:
        app = AppTest.from_function(
            all_kinds, default_timeout=LONGEST_WAIT, args=(ARGUMENTS, BOUNDS)
        )
        for name in (*ARGUMENTS, *BOUNDS):
            app.query_params[start + name] = [*before, text]
        app.run()
        assert not app.exception, (text, app.exception)
        assert len(app.text) == len(BOUNDS)
        for numbers in app.text:
            low, number, high = ast.literal_eval(numbers.value)
            assert low <= number <= high, text


def test_only_linked_widgets_are_bound_to_the_url():
    """Others would get values from the URL that nobody has checked."""
    bound = {path.name for path in (PROJECT / "pages").rglob("*.py")
             if "query-params" in path.read_text(encoding="utf-8")}  # fmt: skip
    assert bound == {"linked.py", "shortlist.py", "sidebar.py"}


def shared_and_named() -> None:
    import streamlit as st

    from pages.parts.shared.linked import Linked

    for page in ("", "first", "second"):
        st.text(Linked(page).select(page or "all", ["a", "b"], "name"))


def test_pages_do_not_share_widgets():
    app = AppTest.from_function(shared_and_named, default_timeout=LONGEST_WAIT)
    app.query_params["second_name"] = "b"
    run(app)
    assert [text.value for text in app.text] == ["a", "a", "b"]
    app.selectbox(key="first_name").set_value("b")
    run(app)
    assert [text.value for text in app.text] == ["a", "b", "b"]


def assigned() -> None:
    import streamlit as st

    from pages.parts.shared.linked import Linked

    linked = Linked("page")
    linked.keep_assigned("name")
    st.text(linked.text("Label", "name"))
    st.button("Assign", on_click=linked.assign, args=("name", "assigned"))


@pytest.mark.parametrize(("in_transit", "expected"), [(math.inf, "assigned"), (0.0, "typed")])
def test_a_request_in_transit_does_not_undo_an_assignment(monkeypatch, in_transit, expected):
    monkeypatch.setattr("pages.parts.shared.linked_state.IN_TRANSIT", in_transit)
    app = AppTest.from_function(assigned, default_timeout=LONGEST_WAIT)
    app.query_params["page_name"] = "typed"
    run(app)
    app.button[0].click()
    run(app)
    assert app.text[0].value == "assigned"
    app.text_input(key="page_name").set_value("typed")  # as the browser had it
    run(app)
    assert app.text[0].value == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(3, 3), ("3", 3), ("3.9", 3), (2.5, 2), ("-1", 0), ("11", 10), ("inf", 4), ("-inf", 4),
     ("nan", 4), ("1e400", 4), ("x", 4), ("", 4), (None, 4), (True, 4), ("1" * 5000, 4)],
)  # fmt: skip
def test_bounded_returns_a_number_of_the_type_of_the_default(text: object, expected: int):
    number = bounded(text, 0, 10, 4)
    assert number == expected
    assert type(number) is int
    assert type(bounded("3", 0.0, 10.0, 4.0)) is float
