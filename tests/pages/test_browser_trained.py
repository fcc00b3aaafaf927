"""Journeys in Chromium with trained networks: to another page, to a file and back; own pictures."""

import re
from pathlib import Path

import pytest

from core import images, scenes
from pages.parts.train.experiment_picker import OWN_PICTURES
from tests.pages.browser_visit import parameters, query, wait_until_settled

pytestmark = pytest.mark.browser
MODELS = ["bundled/scenes-mobilenet"]


def trained(page) -> list[str]:
    """Return the trained networks that the page's URL holds."""
    return [name for name in parameters(page)["models"] if name.startswith("trained/")]


def test_a_trained_network_shows_its_neurons_and_comes_back_from_a_file(
    real_app, new_page, tmp_path
):
    page = new_page()
    link = query(
        MODELS, "scene:dog~3", train_question="My own choice of classes",
        train_classes=["dog", "fir"], train_pictures="10", train_size="32", train_pose=0,
        train_smaller=0, train_background=0, train_coat=0, train_seed=3,
    )  # fmt: skip
    page.goto(f"{real_app}/train{link}")
    page.get_by_role("button", name="Train it yourself").click()
    page.get_by_role("button", name="Use this network on all pages").click()
    page.get_by_text("It is chosen on all pages.").wait_for()
    page.wait_for_function("() => location.search.includes('trained')")
    (name,) = trained(page)
    with page.expect_download() as started:
        page.get_by_role("button", name="Download", exact=True).click()
    file = tmp_path / "mine.zip"
    started.value.save_as(file)
    main = page.get_by_test_id("stMain")
    main.get_by_role("link", name="Neurons", exact=True).click()
    page.get_by_role("heading", name="What does it look for?").wait_for()
    # The name also stands in the line that only phones show.
    main.get_by_text(re.compile("dog, fir · step")).filter(visible=True).first.click()
    page.get_by_text(re.compile(r"^conv\d, channel 0$")).wait_for()
    wait_until_settled(page)
    assert page.get_by_test_id("stAlert").count() == 0

    other = new_page()
    other.goto(f"{real_app}/train{query(MODELS, 'scene:dog~3')}")
    other.get_by_text("Open a network from a file").click()
    uploader = other.get_by_test_id("stFileUploader").filter(has_text="downloaded here")
    uploader.locator("input[type=file]").set_input_files(file)
    other.wait_for_function("() => location.search.includes('trained')")
    assert trained(other) == [name]


def test_a_folder_of_own_pictures_is_uploaded_with_its_classes(real_app, new_page, tmp_path):
    save_pictures(tmp_path / "mine")
    page = new_page()
    page.goto(f"{real_app}/train{query(MODELS, train_question=OWN_PICTURES)}")
    page.get_by_role("radio", name="A folder").click()
    page.get_by_text("A folder of pictures").wait_for()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="A folder of pictures")
    uploader.locator("input[type=file]").set_input_files(tmp_path / "mine")
    page.get_by_text("24 pictures: dogs 12, firs 12").wait_for()
    page.get_by_role("button", name="Train it yourself").wait_for()


def save_pictures(folder: Path) -> None:
    for name in ("dog", "fir"):
        (folder / f"{name}s").mkdir(parents=True)
        for seed in range(12):
            img = scenes.draw(name, seed=seed, size=40).image
            (folder / f"{name}s" / f"{seed}.png").write_bytes(images.png(img))
