"""Settings are read from the environment; bad values are refused with a way out."""

import dataclasses
import os
from pathlib import Path

import pytest

from core.settings import BadSetting, Settings

SIZES = ("ZOOSCOPE_MEMORY_MB", "ZOOSCOPE_STORE_MB", "ZOOSCOPE_DOWNLOAD_MB")
VARIABLES = ("ZOOSCOPE_MODELS", "ZOOSCOPE_PICTURES", "ZOOSCOPE_STORE", "ZOOSCOPE_SETS",
             "ZOOSCOPE_NETWORKS", "ZOOSCOPE_RUNS", "ZOOSCOPE_DEVICE", *SIZES)  # fmt: skip


def test_no_variables_give_the_documented_defaults(monkeypatch):
    monkeypatch.setattr("core.host_memory.host_memory", lambda: 8_000_000_000)
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.models == ()
    assert settings.device == "auto"
    assert (settings.memory_mb, settings.store_mb, settings.download_mb) == (2000, 2000, 500)


def test_default_store_is_in_the_users_cache_folder():
    assert Path(Settings().store).is_relative_to(Path.home() / ".cache")


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("ZOOSCOPE_MODELS", "/models", "models", (Path("/models"),)),
        ("ZOOSCOPE_PICTURES", "/photos", "pictures", (Path("/photos"),)),
        ("ZOOSCOPE_STORE", "/results", "store", "/results"),
        ("ZOOSCOPE_STORE", "s3://bucket/prefix", "store", "s3://bucket/prefix"),
        ("ZOOSCOPE_SETS", "/fetched", "sets", Path("/fetched")),
        ("ZOOSCOPE_NETWORKS", "/converted", "networks", Path("/converted")),
        ("ZOOSCOPE_RUNS", "/trained", "runs", Path("/trained")),
        ("ZOOSCOPE_DEVICE", "cuda:1", "device", "cuda:1"),
        ("ZOOSCOPE_MEMORY_MB", "1", "memory_mb", 1),
        ("ZOOSCOPE_STORE_MB", "20000", "store_mb", 20000),
        ("ZOOSCOPE_DOWNLOAD_MB", "0050", "download_mb", 50),
    ],
)
def test_a_variable_sets_only_its_own_field(variable, text, field, value):
    settings = Settings.from_environment({variable: text})
    assert settings == dataclasses.replace(Settings(), **{field: value})


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_empty_variable_counts_as_unset(variable):
    """Compose files and shells pass unset variables on as empty ones."""
    assert Settings.from_environment({variable: ""}) == Settings()


def test_several_model_folders_keep_their_order():
    text = os.pathsep.join(["/second", "/first", "relative"])
    settings = Settings.from_environment({"ZOOSCOPE_MODELS": text})
    assert settings.models == (Path("/second"), Path("/first"), Path("relative"))


def test_empty_entries_of_the_model_folders_are_ignored():
    text = os.pathsep.join(["", "/first", "", "/second", ""])
    settings = Settings.from_environment({"ZOOSCOPE_MODELS": text})
    assert settings.models == (Path("/first"), Path("/second"))


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "1e3", "2 GB", "many", " 5", "+5", "²", "nan"])
@pytest.mark.parametrize("variable", SIZES)
def test_a_bad_size_raises_an_error_with_the_variable_and_the_way_out(variable, text):
    with pytest.raises(BadSetting, match="positive whole number of megabytes") as error:
        Settings.from_environment({variable: text})
    assert variable in str(error.value)
    assert repr(text) in str(error.value)


def test_each_call_reads_the_process_environment_again(monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_STORE_MB", "123")
    assert Settings.from_environment().store_mb == 123
    monkeypatch.setenv("ZOOSCOPE_STORE_MB", "124")
    assert Settings.from_environment().store_mb == 124


def test_unknown_variables_are_ignored():
    assert Settings.from_environment({"STORE": "/x", "ZOOSCOPE_COLOUR": "red"}) == Settings()
