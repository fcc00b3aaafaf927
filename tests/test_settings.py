import dataclasses
import os
from pathlib import Path

import pytest

from core.settings import BadSetting, Settings

SIZES = ("ZOOSCOPE_MEMORY_MB", "ZOOSCOPE_STORE_MB", "ZOOSCOPE_DOWNLOAD_MB")
VARIABLES = ("ZOOSCOPE_MODELS", "ZOOSCOPE_PICTURES", "ZOOSCOPE_STORE", "ZOOSCOPE_SETS",
             "ZOOSCOPE_ENGINE", "ZOOSCOPE_DEVICE", *SIZES)  # fmt: skip


def test_without_variables_the_documented_defaults_hold():
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.models == ()
    assert settings.engine == "local"
    assert settings.device == "auto"
    assert (settings.memory_mb, settings.store_mb, settings.download_mb) == (600, 2000, 500)


def test_results_are_kept_in_the_user_s_cache_by_default():
    assert Path(Settings().store).is_relative_to(Path.home() / ".cache")


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("ZOOSCOPE_MODELS", "/models", "models", (Path("/models"),)),
        ("ZOOSCOPE_PICTURES", "/photos", "pictures", (Path("/photos"),)),
        ("ZOOSCOPE_STORE", "/results", "store", "/results"),
        ("ZOOSCOPE_STORE", "s3://bucket/prefix", "store", "s3://bucket/prefix"),
        ("ZOOSCOPE_SETS", "/fetched", "sets", Path("/fetched")),
        ("ZOOSCOPE_ENGINE", "local", "engine", "local"),
        ("ZOOSCOPE_DEVICE", "cuda:1", "device", "cuda:1"),
        ("ZOOSCOPE_MEMORY_MB", "1", "memory_mb", 1),
        ("ZOOSCOPE_STORE_MB", "20000", "store_mb", 20000),
        ("ZOOSCOPE_DOWNLOAD_MB", "0050", "download_mb", 50),
    ],
)
def test_a_variable_sets_its_own_field_and_no_other(variable, text, field, value):
    settings = Settings.from_environment({variable: text})
    assert settings == dataclasses.replace(Settings(), **{field: value})


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_empty_variable_counts_as_none(variable):
    """Compose files and shells pass on what is not set as empty."""
    assert Settings.from_environment({variable: ""}) == Settings()


def test_several_model_folders_keep_their_order():
    text = os.pathsep.join(["/second", "/first", "relative"])
    settings = Settings.from_environment({"ZOOSCOPE_MODELS": text})
    assert settings.models == (Path("/second"), Path("/first"), Path("relative"))


def test_empty_places_among_model_folders_are_no_folders():
    text = os.pathsep.join(["", "/one", "", "/two", ""])
    settings = Settings.from_environment({"ZOOSCOPE_MODELS": text})
    assert settings.models == (Path("/one"), Path("/two"))


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "1e3", "2 GB", "many", " 5", "+5", "²", "nan"])
@pytest.mark.parametrize("variable", SIZES)
def test_a_bad_size_names_the_variable_and_the_way_out(variable, text):
    with pytest.raises(BadSetting, match="positive whole number of megabytes") as refusal:
        Settings.from_environment({variable: text})
    assert variable in str(refusal.value)
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize("text", ["ray", "Local", "remote"])
def test_an_unknown_engine_names_the_variable_and_the_way_out(text):
    with pytest.raises(BadSetting, match="'local'") as refusal:
        Settings.from_environment({"ZOOSCOPE_ENGINE": text})
    assert "ZOOSCOPE_ENGINE" in str(refusal.value)
    assert repr(text) in str(refusal.value)


def test_the_process_s_environment_is_read_when_asked(monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_STORE_MB", "123")
    assert Settings.from_environment().store_mb == 123
    monkeypatch.setenv("ZOOSCOPE_STORE_MB", "124")
    assert Settings.from_environment().store_mb == 124


def test_other_variables_do_not_matter():
    assert Settings.from_environment({"STORE": "/x", "ZOOSCOPE_COLOUR": "red"}) == Settings()
