"""Journeys in Chromium on the page Train: a run and its steps, the parts, and a class's link."""

import re

import pytest

from tests.pages.browser_visit import parameters, query, wait_until_settled

pytestmark = pytest.mark.browser


def test_train_then_go_back_to_the_first_step_and_play(real_app, new_page):
    page = new_page()
    link = query(
        ["bundled/scenes-mobilenet"], train_question="My own choice of classes",
        train_classes=["dog", "fir"], train_pictures="20", train_size="32", train_pose=0,
        train_smaller=0, train_background=0, train_coat=0,
    )  # fmt: skip
    page.goto(f"{real_app}/train{link}")
    page.get_by_text("It reaches the goal").click()
    wait_until_settled(page)
    page.get_by_role("button", name="Train it yourself").click()
    page.get_by_role("button", name="Train again").wait_for()
    page.get_by_text("That is what you expected.").wait_for()
    slider = page.get_by_role("slider", name="Step", exact=True)
    steps = int(slider.get_attribute("max"))
    assert steps > 5
    slider.press("Home")
    page.get_by_text(re.compile(r"^step 0 · ")).wait_for()
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function("slider => slider.value === slider.max", arg=slider.element_handle())
    page.get_by_role("button", name="Play").wait_for()
    page.get_by_text("One step under the lens").click()
    page.get_by_text("3. One weight is corrected").wait_for()
    assert parameters(page)["train_question"] == ["My own choice of classes"]


def test_parts_are_explained_by_keyboard_and_a_class_keeps_its_link(real_app, new_page):
    page = new_page()
    link = query(
        ["bundled/scenes-mobilenet"], train_question="My own choice of classes",
        train_classes=["dog", "fir"], train_pictures="200", train_size="64", train_pose=0,
        train_smaller=0, train_background=0, train_coat=0, train_blocks=2, train_seed=3,
        train_hide=["question", "pictures", "network"],
    )  # fmt: skip
    page.goto(f"{real_app}/train{link}")
    part = page.get_by_role("button", name="pool2")
    part.focus()
    part.press("Enter")
    page.get_by_text("pool2 (pooling):").wait_for()
    page.get_by_text("the maps become 16 × 16").wait_for()
    assert part.get_attribute("aria-pressed") == "true"
    page.get_by_text("Change the pictures").click()
    page.get_by_text("Learning rate").wait_for()
    assert page.get_by_text("Random seed").count() == 0
    page.get_by_text("Weight decay").wait_for()
    wait_until_settled(page)
    page.get_by_text("Vary the pictures at random").click()
    page.wait_for_function("() => location.search.includes('train_augmented=true')")
    page.get_by_role("button", name="Train it yourself").click()
    page.get_by_text("Training stops 10 seconds after this page is closed").wait_for()
    page.get_by_role("button", name="Train again").wait_for()
    kept = parameters(page)
    assert kept["train_hide"] == ["question", "pictures", "network"]
    assert kept["train_seed"] == ["3"]
    assert page.get_by_text("pool2 (pooling):").count() == 1  # still open
