"""The chooser of picture sets, on a page of nothing else."""

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import images
from core.sets import drawn
from pages.parts.session import workbench
from tests.conftest import PROJECT
from tests.sets.test_imagenette import GOOD, NAME, REPOSITORY, point
from tests.zoo.loopback_hub import LoopbackHub


def page() -> None:
    import streamlit as st

    from pages.parts import sets

    chosen = sets.choose()
    st.text(f"{chosen.reference} has {len(chosen)}" if chosen is not None else "none")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AppTest]:
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(tmp_path / "photos" / "cats" / "a.png")
    monkeypatch.setenv("ZOOSCOPE_PICTURES", str(tmp_path / "photos"))
    monkeypatch.chdir(PROJECT)
    st.cache_resource.clear()
    yield AppTest.from_function(page, default_timeout=60)
    workbench().close()
    st.cache_resource.clear()


def settled(app: AppTest) -> AppTest:
    """Run the page until nothing is under way any more."""
    until = time.monotonic() + 30
    while app.run().get("progress") and time.monotonic() < until:
        assert not app.exception, app.exception
    assert not app.exception, app.exception
    return app


def opened(app: AppTest, reference: str = "") -> AppTest:
    if reference:
        app.query_params["set"] = reference
    return settled(app)


def kind(app: AppTest, name: str) -> AppTest:
    app.segmented_control(key="_set_kind").set_value(name)
    return settled(app)


def chosen(app: AppTest) -> str:
    return app.text[0].value


def warnings(app: AppTest) -> str:
    return " ".join(warning.value for warning in app.warning)


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name in ("cats/a.png", "dogs/b.png"):
            packed.writestr(name, images.png(Image.new("RGB", (9, 9))))
        packed.writestr("notes.txt", "no picture")
    return held.getvalue()


def test_a_first_visit_opens_with_drawn_scenes(app):
    opened(app)
    assert chosen(app) == f"{drawn().reference} has 560"
    assert app.text_input(key="set").value == drawn().reference


def test_scenes_are_drawn_as_chosen(app):
    opened(app)
    app.multiselect(key="_set_classes").set_value(["wolf", "dog"])
    app.multiselect(key="_set_backgrounds").set_value(["snow"])
    app.number_input(key="_set_count").set_value(10)
    settled(app)
    reference = "scenes:10~3000003~classes=dog,wolf~backgrounds=snow"
    assert chosen(app) == f"{reference} has 10"
    assert app.query_params["set"] == reference
    assert list(app.dataframe[0].value["pictures"]) == [5, 5]


def test_a_link_opens_what_it_names(app):
    reference = "scenes:30~7~classes=cat,owl~backgrounds=snow,sky"
    opened(app, reference)
    assert chosen(app) == f"{reference} has 30"
    assert app.multiselect(key="_set_classes").value == ["cat", "owl"]
    assert app.multiselect(key="_set_backgrounds").value == ["snow", "sky"]
    assert app.number_input(key="_set_seed").value == 7
    assert settled(app).query_params["set"] == reference


@pytest.mark.parametrize(
    ("reference", "shown", "words"),
    [
        ("scenes:5~1~classes=unicorn", "Drawn scenes", "no class 'unicorn'"),
        ("archive:0123456789abcdef", "Upload", "Upload them again"),
        ("pictures:upload:0123456789abcdef", "My pictures", "no longer holds this picture"),
        ("folder:nowhere:0123456789abcdef", "Folder", "no folder 'nowhere'"),
        ("folder:photos:0123456789abcdef", "Folder", "have changed"),
        ("gallery:0123456789abcdef", "Gallery", "gallery has changed"),
        ("films", "Drawn scenes", "no picture set 'films'"),
    ],
)
def test_a_link_to_what_is_not_here_says_so(app, reference, shown, words):
    opened(app, reference)
    assert words in warnings(app).replace("\\", "")
    assert app.segmented_control(key="_set_kind").value == shown
    kind(app, "Gallery" if shown != "Gallery" else "Drawn scenes")
    assert not app.warning


def test_gallery_and_folder_are_sets(app):
    opened(app)
    assert chosen(kind(app, "Gallery")).endswith("has 18")
    kind(app, "Folder")
    assert chosen(app).startswith("folder:photos:")
    assert app.query_params["set"] == workbench().sets.folders.get("photos").reference
    assert list(app.dataframe[0].value["class"]) == ["cats"]


def test_ones_own_pictures_are_a_set(app):
    opened(app)
    assert chosen(kind(app, "My pictures")) == "none"
    mine = workbench().pictures.upload(images.png(Image.new("RGB", (9, 9))), "me")
    app.session_state["_uploads"] = [mine]
    assert chosen(settled(app)) == f"pictures:{mine} has 1"


def test_a_zip_becomes_a_set_and_says_what_was_skipped(app):
    kind(opened(app), "Upload")
    assert chosen(app) == "none"
    app.file_uploader[0].upload("mine.zip", zipped())
    settled(app)
    assert chosen(app).startswith("archive:")
    assert chosen(app).endswith("has 2")
    classes, skipped = (frame.value for frame in app.dataframe)
    assert list(classes["class"]) == ["cats", "dogs"]
    assert skipped.to_numpy().tolist() == [["notes.txt", "no picture, by its name"]]
    reference = chosen(app).partition(" ")[0]
    stranger = opened(AppTest.from_function(page, default_timeout=60), reference)
    assert chosen(stranger) == chosen(app)


def test_several_files_become_a_set(app):
    kind(opened(app), "Upload")
    pictures = [(f"{shade}.png", images.png(Image.new("RGB", (9, 9), (shade, 0, 0))))
                for shade in (1, 2)]  # fmt: skip
    files = [*pictures, ("labels.csv", b"file,label\n1.png,dark\n2.png,light\n")]
    app.file_uploader[0].set_value([(name, data, "") for name, data in files])
    settled(app)
    assert chosen(app).endswith("has 2")
    assert list(app.dataframe[0].value["class"]) == ["dark", "light"]


def test_a_bad_zip_is_told_and_another_can_be_given(app):
    kind(opened(app), "Upload")
    app.file_uploader[0].upload("bad.zip", b"no zip at all")
    settled(app)
    assert "no zip archive" in app.error[0].value
    assert chosen(app) == "none"
    app.file_uploader[0].upload("mine.zip", zipped())
    assert chosen(settled(app)).endswith("has 2")
    assert not app.error


def test_forgetting_is_one_click(app):
    kind(opened(app), "Upload")
    app.file_uploader[0].upload("mine.zip", zipped())
    reference = chosen(settled(app)).partition(" ")[0]
    next(button for button in app.button if button.label == "Forget these pictures").click()
    assert chosen(settled(app)) == "none"
    stranger = opened(AppTest.from_function(page, default_timeout=60), reference)
    assert "Upload them again" in warnings(stranger)


def test_imagenette_is_fetched_at_a_click(app, monkeypatch):
    with LoopbackHub() as server:
        point(monkeypatch, server.url)
        server.serve(REPOSITORY, GOOD, NAME)
        kind(opened(app), "Imagenette")
        for _ in range(50):
            if any(str(button.key) == "_set_fetch" for button in app.button):
                break
            time.sleep(0.1)
            app.run()
        assert app.button(key="_set_fetch").label == f"Download {len(GOOD) / 1e6:.1f} MB"
        assert server.sent == 0
        app.button(key="_set_fetch").click()
        settled(app)
    assert chosen(app).startswith("folder:imagenette-160px:")
    assert "English springer" in list(app.dataframe[0].value["class"])
    reference = chosen(app).partition(" ")[0]
    stranger = opened(AppTest.from_function(page, default_timeout=60), reference)
    assert chosen(stranger) == chosen(app)
    assert stranger.segmented_control(key="_set_kind").value == "Imagenette"


def test_without_a_network_imagenette_says_so_and_can_be_tried_again(app, monkeypatch):
    point(monkeypatch, "http://127.0.0.1:9")  # nobody listens on discard
    kind(opened(app), "Imagenette")
    for _ in range(50):
        if app.warning:
            break
        time.sleep(0.1)
        app.run()
    assert "can't be reached" in warnings(app).replace("\\", "")
    app.button(key="_set_again").click().run()
    assert not app.exception
