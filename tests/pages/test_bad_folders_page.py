"""Bad model folders beside a good one: the pages work, and say why the bad ones are not opened."""

from itertools import islice
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.hostile.folders import MANY, kinds
from tests.pages.made_networks import save_network
from tests.pages.visit import open_page, texts

GOOD = "local/good"
BAD = dict(islice((kind for kind in kinds() if kind[0] != MANY), 0, None, 5))  # every fifth


@pytest.fixture
def folders(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    save_network(tmp_path / "good", ["cat", "dog"], predicted="cat")
    for index, write in enumerate(BAD.values()):
        write(tmp_path / f"bad{index}")
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path))
    return app


def test_there_are_at_least_ten_bad_folders_of_different_kinds():
    assert len(BAD) >= 10


def test_a_page_works_for_the_good_network_and_counts_the_bad_folders(folders: AppTest):
    open_page(folders, "predict", [GOOD])
    assert "cat" in folders.get("plotly_chart")[0].proto.spec
    assert not folders.error
    assert "model folders can't be opened" in texts(folders)
    assert folders.session_state["models"] == [GOOD]
    assert not any("bad0" in option for option in folders.selectbox(key="_add_0").options)


def test_the_models_page_lists_the_bad_folders_with_their_reasons(folders: AppTest):
    open_page(folders, "models", [GOOD])
    listed = next(frame.value for frame in folders.dataframe if "reason" in frame.value)
    refused = listed.set_index("name")["reason"]
    assert len(refused) >= 10
    assert "num_classes is 100000000" in refused["local/bad0"]
    assert refused.is_unique
    table = next(frame.value for frame in folders.dataframe if "where" in frame.value)
    assert GOOD in set(table["name"])


def test_a_link_to_a_bad_folder_shows_its_reason_beside_the_good_network(folders: AppTest):
    open_page(folders, "predict", ["local/bad0", GOOD])
    assert "num_classes is 100000000" in texts(folders)
    assert "cat" in folders.get("plotly_chart")[0].proto.spec


def test_without_bad_folders_nothing_is_said(app: AppTest):
    open_page(app, "models", [])
    assert "can't be opened" not in texts(app)
    assert not [frame for frame in app.dataframe if "reason" in frame.value]
