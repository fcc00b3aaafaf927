"""Two networks with equal titles, a local and a bundled one, are told apart on all pages."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.visualize import Quality
from tests.pages.made_networks import save_network
from tests.pages.visit import chart, charts, download_labels, open_page, texts

LOCAL, SHIPPED = "local/twin", "bundled/twin"
TWINS = [LOCAL, SHIPPED]
SCENES = "scenes:12~7~classes=cat,dog"
LABELS = ["cat", "dog"]


@pytest.fixture
def twins(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    save_network(tmp_path / "local" / "twin", LABELS, predicted="cat")
    save_network(tmp_path / "bundled" / "twin", LABELS, predicted="dog", seed=1)
    monkeypatch.setenv("ZOOSCOPE_MODELS", str(tmp_path / "local"))
    monkeypatch.setattr("core.zoo.card.BUNDLED", tmp_path / "bundled")
    monkeypatch.setattr("core.compare.backbones.REPEATS", 3)
    monkeypatch.setattr("core.visualize.quality.UNITS", Quality(size=24, steps=4))
    return app


def test_predict_has_a_column_for_each(twins: AppTest):
    open_page(twins, "predict", TWINS)
    assert list(twins.dataframe[0].value.columns) == TWINS
    assert "local/twin says **cat**" in texts(twins)
    assert "bundled/twin says **dog**" in texts(twins)


def test_agreement_and_accuracy_have_a_row_for_each(twins: AppTest):
    open_page(twins, "compare", TWINS, set=SCENES, compare_view="Agreement")
    scores = next(frame.value for frame in twins.dataframe if "ECE" in frame.value)
    assert scores["accuracy"].to_dict() == {LOCAL: 0.5, SHIPPED: 0.5}
    assert all(f'"{name}"' in chart(twins, "each two networks") for name in TWINS)
    lines = next(caption.value for caption in twins.caption if caption.value.startswith("**cat"))
    assert ":material/check: local/twin: cat" in lines.replace("\\", "")
    assert ":material/close: bundled/twin: dog" in lines.replace("\\", "")


def test_backbones_have_a_row_for_each(twins: AppTest):
    open_page(twins, "compare", TWINS, set=SCENES, compare_view="Backbones")
    costs, facts = (frame.value for frame in twins.dataframe[-2:])
    assert list(costs.index) == TWINS
    assert list(facts.columns) == TWINS


def test_maps_of_pictures_have_a_chart_and_downloads_for_each(twins: AppTest):
    open_page(twins, "maps", TWINS, set=SCENES, maps_map="PCA", maps_chosen="0")
    for name in TWINS:
        assert any(f"pictures by {name}, coloured" in alt for alt in charts(twins))
        assert f"Features, NPZ: {name}" in download_labels(twins)
        assert f"**{name}**" in texts(twins)


def test_maps_of_neurons_have_a_legend_entry_for_each(twins: AppTest):
    open_page(twins, "maps", TWINS, set=SCENES, maps_maps_of="Neurons", maps_iterations="50",
              maps_units_by="network")  # fmt: skip
    assert all(f'"name": "{name}"' in chart(twins, "channels") for name in TWINS)


def test_purity_by_depth_has_a_curve_for_each(twins: AppTest):
    open_page(twins, "maps", TWINS, set=SCENES, maps_maps_of="Through the layers",
              maps_iterations="50")  # fmt: skip
    assert all(f'"name": "{name}"' in chart(twins, "purity") for name in TWINS)
