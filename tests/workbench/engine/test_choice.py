"""ZOOSCOPE_ENGINE chooses the engine; the local one is the default."""

from collections.abc import Iterator

import pytest

from core.settings import BadSetting
from core.workbench.engine import ENGINES, Engine, Job, LocalEngine, choice, choose_engine


@pytest.fixture
def local() -> Iterator[LocalEngine]:
    engine = LocalEngine(lambda work, job: iter(()))
    yield engine
    engine.close()


class RemoteEngine:
    """An engine that may hand its jobs to the local engine."""

    def __init__(self, local: LocalEngine):
        self.local = local

    def submit(self, job: Job) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("environment", [{}, {"ZOOSCOPE_ENGINE": ""}, {"ZOOSCOPE_ENGINE": "local"}])
def test_the_local_engine_is_the_default(local, environment):
    assert choose_engine(local, environment) is local


def test_a_registered_engine_is_chosen_by_its_name(local, monkeypatch):
    monkeypatch.setattr(choice, "ENGINES", {**ENGINES, "remote": RemoteEngine})
    engine = choose_engine(local, {"ZOOSCOPE_ENGINE": "remote"})
    assert isinstance(engine, RemoteEngine)
    assert engine.local is local


@pytest.mark.parametrize("name", ["ray", "Local", " local"])
def test_an_unknown_engine_raises_an_error_with_the_variable_and_all_names(
    local, monkeypatch, name
):
    monkeypatch.setattr(choice, "ENGINES", {**ENGINES, "remote": RemoteEngine})
    with pytest.raises(BadSetting, match="local, remote") as error:
        choose_engine(local, {"ZOOSCOPE_ENGINE": name})
    assert "ZOOSCOPE_ENGINE" in str(error.value)
    assert repr(name) in str(error.value)


def test_the_process_environment_is_read_by_default(local, monkeypatch):
    monkeypatch.setenv("ZOOSCOPE_ENGINE", "warp")
    with pytest.raises(BadSetting, match="warp"):
        choose_engine(local)


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_implements_the_protocol(local, name):
    assert isinstance(ENGINES[name](local), Engine)
