"""The picker of picture sets, on a page of its own."""

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import images
from core.sets import scene_set
from pages.parts.shared.session import workbench
from tests.conftest import PROJECT
from tests.pages.visit import LONGEST_WAIT, click, go_back, run_until, run_until_complete
from tests.sets.test_imagenette import GOOD, NAME, REPOSITORY, point, tgz
from tests.zoo.loopback_hub import BLOCK, File, LoopbackHub, closed_port


def page() -> None:
    import streamlit as st

    from pages.parts.sets import set_picker

    chosen = set_picker.pick_set()
    st.text(f"{chosen.reference} has {len(chosen)}" if chosen is not None else "none")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AppTest]:
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(tmp_path / "photos" / "cats" / "a.png")
    monkeypatch.setenv("ZOOSCOPE_PICTURES", str(tmp_path / "photos"))
    monkeypatch.chdir(PROJECT)
    st.cache_resource.clear()
    yield AppTest.from_function(page, default_timeout=LONGEST_WAIT)
    workbench().close()
    st.cache_resource.clear()


def open_picker(app: AppTest, reference: str = "") -> AppTest:
    if reference:
        app.query_params["set"] = reference
    return run_until_complete(app)


def pick_kind(app: AppTest, kind: str) -> AppTest:
    app.segmented_control(key="_set_kind").set_value(kind)
    return run_until_complete(app)


def shown_set(app: AppTest) -> str:
    """The reference and the number of pictures of the picked set."""
    return app.text[0].value


def warnings(app: AppTest) -> str:
    return " ".join(warning.value for warning in app.warning).replace("\\", "")


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in ("cats/a.png", "dogs/b.png"):
            packed.writestr(name, images.png(Image.new("RGB", (9, 9))))
        packed.writestr("notes.txt", "no picture")
    return buffer.getvalue()


def test_a_first_visit_opens_with_drawn_scenes(app):
    open_picker(app)
    assert shown_set(app) == f"{scene_set().reference} has 560"
    assert app.text_input(key="set").value == scene_set().reference


def test_scenes_are_drawn_as_chosen(app):
    open_picker(app)
    app.multiselect(key="_set_classes").set_value(["wolf", "dog"])
    app.multiselect(key="_set_backgrounds").set_value(["snow"])
    app.number_input(key="_set_count").set_value(10)
    run_until_complete(app)
    reference = "scenes:10~3000003~classes=dog,wolf~backgrounds=snow"
    assert shown_set(app) == f"{reference} has 10"
    assert app.query_params["set"] == reference
    assert list(app.dataframe[0].value["pictures"]) == [5, 5]


def test_a_link_to_scenes_sets_the_pickers(app):
    reference = "scenes:30~7~classes=cat,owl~backgrounds=snow,sky"
    open_picker(app, reference)
    assert shown_set(app) == f"{reference} has 30"
    assert app.multiselect(key="_set_classes").value == ["cat", "owl"]
    assert app.multiselect(key="_set_backgrounds").value == ["snow", "sky"]
    assert app.number_input(key="_set_seed").value == 7
    assert run_until_complete(app).query_params["set"] == reference


@pytest.mark.parametrize(
    ("reference", "kind", "words"),
    [
        ("scenes:5~1~classes=unicorn", "Drawn scenes", "no class 'unicorn'"),
        ("archive:0123456789abcdef", "Upload", "Upload them again"),
        ("pictures:upload:0123456789abcdef", "My pictures", "no longer holds this picture"),
        ("folder:nowhere:0123456789abcdef", "Folder", "no folder 'nowhere'"),
        ("folder:photos:0123456789abcdef", "Folder", "have changed"),
        ("gallery:0123456789abcdef", "Gallery", "gallery has changed"),
        ("gallery:xyz", "Gallery", "after “gallery:” come 16 hexadecimal digits"),
        ("views:0123456789abcdef", "Gallery views", "“Gallery views” shows its pictures"),
        ("films", "Drawn scenes", "no picture set 'films'"),
    ],
)
def test_a_link_to_a_missing_set_names_the_problem(app, reference, kind, words):
    open_picker(app, reference)
    assert words in warnings(app)
    assert app.segmented_control(key="_set_kind").value == kind
    pick_kind(app, "Gallery" if kind != "Gallery" else "Drawn scenes")
    assert not app.warning


def test_gallery_and_folder_are_sets(app):
    open_picker(app)
    assert shown_set(pick_kind(app, "Gallery")).endswith("has 24")
    pick_kind(app, "Folder")
    assert shown_set(app).startswith("folder:photos:")
    assert app.query_params["set"] == workbench().sets.folders.get("photos").reference
    assert list(app.dataframe[0].value["class"]) == ["cats"]


def test_uploaded_pictures_are_a_set(app):
    open_picker(app)
    assert shown_set(pick_kind(app, "My pictures")) == "none"
    mine = workbench().pictures.upload(images.png(Image.new("RGB", (9, 9))), "me")
    app.session_state["_uploads"] = [mine]
    assert shown_set(run_until_complete(app)) == f"pictures:{mine} has 1"


def test_a_zip_becomes_a_set_with_a_table_of_skipped_files(app):
    pick_kind(open_picker(app), "Upload")
    assert shown_set(app) == "none"
    app.file_uploader[0].upload("mine.zip", zipped())
    run_until_complete(app)
    assert shown_set(app).startswith("archive:")
    assert shown_set(app).endswith("has 2")
    classes, skipped = (frame.value for frame in app.dataframe)
    assert list(classes["class"]) == ["cats", "dogs"]
    assert skipped.to_numpy().tolist() == [["notes.txt", "not a picture, by its file name"]]
    reference = shown_set(app).partition(" ")[0]
    stranger = open_picker(AppTest.from_function(page, default_timeout=LONGEST_WAIT), reference)
    assert shown_set(stranger) == shown_set(app)


def test_several_files_become_a_set(app):
    pick_kind(open_picker(app), "Upload")
    pictures = [(f"{shade}.png", images.png(Image.new("RGB", (9, 9), (shade, 0, 0))))
                for shade in (1, 2)]  # fmt: skip
    files = [*pictures, ("labels.csv", b"file,label\n1.png,dark\n2.png,light\n")]
    app.file_uploader[0].set_value([(name, data, "") for name, data in files])
    run_until_complete(app)
    assert shown_set(app).endswith("has 2")
    assert list(app.dataframe[0].value["class"]) == ["dark", "light"]


def test_another_zip_can_be_uploaded_after_a_bad_one(app):
    pick_kind(open_picker(app), "Upload")
    app.file_uploader[0].upload("bad.zip", b"no zip at all")
    run_until_complete(app)
    assert "not a zip archive" in app.error[0].value
    assert shown_set(app) == "none"
    app.file_uploader[0].upload("mine.zip", zipped())
    assert shown_set(run_until_complete(app)).endswith("has 2")
    assert not app.error


def test_a_deleted_set_is_gone_for_other_sessions_too(app):
    pick_kind(open_picker(app), "Upload")
    app.file_uploader[0].upload("mine.zip", zipped())
    reference = shown_set(run_until_complete(app)).partition(" ")[0]
    click(app, "Delete these pictures")
    assert shown_set(run_until_complete(app)) == "none"
    stranger = open_picker(AppTest.from_function(page, default_timeout=LONGEST_WAIT), reference)
    assert "Upload them again" in warnings(stranger)


def following() -> None:
    import streamlit as st

    from core.sets import scene_set
    from pages.parts.sets import set_picker
    from pages.parts.shared.session import workbench

    photographs = st.toggle("Networks know photographs", key="photographs")
    first = workbench().sets.gallery_views if photographs else scene_set(28)
    chosen = set_picker.pick_set(first)
    st.text(chosen.reference if chosen is not None else "none")


def test_the_set_follows_the_networks_until_one_is_chosen(app):
    app = run_until_complete(AppTest.from_function(following, default_timeout=LONGEST_WAIT))
    assert shown_set(app) == scene_set(28).reference
    app.toggle(key="photographs").set_value(True)
    views = workbench().sets.gallery_views.reference
    assert shown_set(run_until_complete(app)) == views
    assert app.query_params["set"] == views
    app.toggle(key="photographs").set_value(False)
    assert shown_set(run_until_complete(app)) == scene_set(28).reference
    app.number_input(key="_set_count").set_value(10)
    app.toggle(key="photographs").set_value(True)
    assert shown_set(run_until_complete(app)) == scene_set(10).reference


def test_a_link_decides_whatever_the_networks_know(app):
    app = AppTest.from_function(following, default_timeout=LONGEST_WAIT)
    app.query_params["set"] = "scenes:30~7"
    app.run()
    app.toggle(key="photographs").set_value(True)
    assert shown_set(run_until_complete(app)) == "scenes:30~7"


def test_a_link_within_the_session_opens_its_set(app):
    open_picker(app)
    app.session_state["set"] = "scenes:30~7~classes=owl"  # as a link on another page does
    assert shown_set(run_until_complete(app)) == "scenes:30~7~classes=owl has 30"
    assert app.multiselect(key="_set_classes").value == ["owl"]


def test_back_opens_the_set_of_the_address(app, monkeypatch):
    open_picker(app, "scenes:30~7")
    pick_kind(app, "Gallery")
    go_back(app, monkeypatch, set="scenes:30~7")
    assert shown_set(app) == "scenes:30~7 has 30"
    assert app.segmented_control(key="_set_kind").value == "Drawn scenes"


def test_back_to_an_address_without_a_set_keeps_the_set(app, monkeypatch):
    open_picker(app, "scenes:30~7")
    go_back(app, monkeypatch)
    assert shown_set(app) == "scenes:30~7 has 30"
    assert app.text_input(key="set").value == "scenes:30~7"


SIZE, DOWNLOAD = "size:imagenette-160px", "download:imagenette-160px"


def has_button(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)


def test_imagenette_is_downloaded_at_a_click(app, monkeypatch):
    with LoopbackHub() as server:
        point(monkeypatch, server.url)
        server.serve(REPOSITORY, GOOD, NAME)
        pick_kind(open_picker(app), "Imagenette")
        run_until(app, lambda: has_button(app, f"_start_{DOWNLOAD}"))
        start = app.button(key=f"_start_{DOWNLOAD}")
        assert start.label == f"Download {len(GOOD) / 1e6:.1f} MB"
        assert server.sent == 0
        start.click()
        run_until(app, lambda: shown_set(app).startswith("folder:imagenette-160px:"))
    assert "English springer" in list(app.dataframe[0].value["class"])
    reference = shown_set(app).partition(" ")[0]
    stranger = open_picker(AppTest.from_function(page, default_timeout=LONGEST_WAIT), reference)
    assert shown_set(stranger) == shown_set(app)
    assert stranger.segmented_control(key="_set_kind").value == "Imagenette"


def test_a_download_of_imagenette_can_be_cancelled_and_started_again(app, monkeypatch):
    content = tgz(("imagenette2-160/big", os.urandom(4 * BLOCK)))
    with LoopbackHub() as server:
        point(monkeypatch, server.url, content)
        file = server.serve(REPOSITORY, File(content, pause=60.0), NAME)
        pick_kind(open_picker(app), "Imagenette")
        run_until(app, lambda: has_button(app, f"_start_{DOWNLOAD}"))
        app.button(key=f"_start_{DOWNLOAD}").click()
        run_until(app, lambda: app.get("progress") and server.sent)
        app.button(key=f"_cancel_{DOWNLOAD}").click()
        run_until(app, lambda: has_button(app, f"_start_{DOWNLOAD}"))
        assert not app.get("progress")
        file.pause = 0.0
        app.button(key=f"_start_{DOWNLOAD}").click()
        run_until(app, lambda: shown_set(app).startswith("folder:imagenette-160px:"))


def test_without_a_server_imagenette_can_be_tried_again(app, monkeypatch):
    with closed_port() as url:
        point(monkeypatch, url)
        pick_kind(open_picker(app), "Imagenette")
        run_until(app, lambda: "can't be reached" in warnings(app))
    with LoopbackHub() as server:
        point(monkeypatch, server.url)
        server.serve(REPOSITORY, GOOD, NAME)
        app.button(key=f"_retry_{DOWNLOAD}").click()
        run_until(app, lambda: has_button(app, f"_start_{DOWNLOAD}"))
        assert not app.warning
