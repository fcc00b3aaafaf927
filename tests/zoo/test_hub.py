"""Downloading weights: from a working hub, a failing one and without a network."""

import itertools
import os
import pickle
import shutil
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import safetensors.torch
import timm
import torch

from core import zoo
from core.steps import Progress, Steps, drain
from core.zoo.hub import Hub
from tests.zoo.loopback_hub import (
    COMMIT,
    File,
    LoopbackHub,
    black_hole,
    closed_port,
    record_timeouts,
)

PROJECT = Path(__file__).resolve().parents[2]
NAME = "test_resnet.r160_in1k"
REPOSITORY = "timm/test_resnet.r160_in1k"
LARGE = "timm/large"
LIMIT = 100_000_000
# Seconds that a user without a network waits for an answer before the error comes, at most.
MAX_WAIT = 5.0

State = dict[str, torch.Tensor]


def _state_of(architecture: str, seed: int) -> State:
    torch.manual_seed(seed)
    return timm.create_model(architecture).state_dict()


@pytest.fixture(scope="module")
def state() -> State:
    return _state_of("test_resnet", seed=11)


@pytest.fixture(scope="module")
def weights(state: State) -> bytes:
    """A valid file of 1.9 MB."""
    return safetensors.torch.save(state)


@pytest.fixture(scope="module")
def large() -> bytes:
    """A valid file of 24 MB without equal parts."""
    return safetensors.torch.save({"weight": torch.arange(6_000_000, dtype=torch.int32)})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with LoopbackHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub
    # In every test, only safetensors files are requested.
    assert {Path(request.path).name for request in hub.requests} <= {"model.safetensors"}


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the second that huggingface_hub waits before each retry."""
    fast_time = SimpleNamespace(**{**vars(time), "sleep": lambda seconds: time.sleep(0.01)})
    monkeypatch.setattr("huggingface_hub.file_download.time", fast_time)


def _fetch(repository: str) -> Steps[Path]:
    return Hub.from_environment().fetch_steps(repository, LIMIT)


def _assert_loads(state: State, name: str = NAME) -> None:
    loaded = zoo.load(name).net.state_dict()
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], state[key]) for key in state)


def _assert_next_try_succeeds(hub: LoopbackHub, weights: bytes, state: State) -> None:
    """Check that the failure left nothing in the cache: with a working hub, loading succeeds."""
    assert zoo.describe(NAME).where == "hub"
    hub.refusal = None
    hub.serve(REPOSITORY, weights)
    _assert_loads(state)
    assert zoo.describe(NAME).where == "cached"


# A working hub


def test_load_returns_the_weights_that_the_hub_serves(hub, weights, state):
    hub.serve(REPOSITORY, weights)
    _assert_loads(state)


def test_the_second_load_sends_no_request(hub, weights, state):
    hub.serve(REPOSITORY, weights)
    zoo.load(NAME)
    count = len(hub.requests)
    _assert_loads(state)
    assert count > 0
    assert len(hub.requests) == count


def test_a_card_notices_that_the_weights_are_downloaded(hub, weights):
    hub.serve(REPOSITORY, weights)
    card = zoo.describe(NAME)
    assert card.where == "hub"
    assert card.weights is None
    with pytest.raises(zoo.WeightsUnavailable, match="not downloaded yet"):
        card.available_weights()
    drain(_fetch(REPOSITORY))
    assert card.where == "cached"
    assert card.available_weights().read_bytes() == weights


def test_cached_weights_load_without_a_hub(hub, weights, state, monkeypatch):
    hub.serve(REPOSITORY, weights)
    zoo.load(NAME)
    with closed_port() as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        _assert_loads(state)


def test_describe_and_catalog_send_no_request(hub, weights):
    hub.serve(REPOSITORY, weights)
    card = zoo.describe(NAME)
    assert (card.where, card.labels[19], card.input_size) == ("hub", "chickadee", (3, 160, 160))
    zoo.catalog()
    assert hub.requests == []


def test_untrained_networks_send_no_request(hub):
    zoo.load(NAME, pretrained=False)
    assert hub.requests == []


def test_fetch_steps_return_the_path_of_the_downloaded_file(hub, large):
    hub.serve(LARGE, large)
    assert drain(_fetch(LARGE)).read_bytes() == large


def test_a_redirect_to_another_host_is_followed(hub, weights, state):
    hub.serve(REPOSITORY, File(weights, redirect_to=hub.other_url))
    _assert_loads(state)


def test_the_size_of_a_redirected_file_is_known_before_the_download(hub, weights):
    hub.serve(REPOSITORY, File(weights, redirect_to=hub.other_url))
    assert Hub.from_environment().size(REPOSITORY) == len(weights)
    assert set(hub.request_methods) == {"HEAD"}


def test_a_file_that_the_hub_also_offers_over_xet_is_downloaded_over_http(hub, weights, state):
    # hf_xet ignores errors that its progress callback raises, so it can't be cancelled.
    xet = {"X-Xet-Hash": "0" * 64, "X-Xet-Refresh-Route": f"{hub.url}/xet-token"}
    hub.serve(REPOSITORY, File(weights, headers=xet))
    _assert_loads(state)


def test_two_threads_can_load_the_same_model_at_once(hub, weights, state):
    hub.serve(REPOSITORY, File(weights, pause=0.005))
    models: list[zoo.Model] = []
    threads = [threading.Thread(target=lambda: models.append(zoo.load(NAME))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(models) == 2
    assert all(torch.equal(m.net.state_dict()[key], state[key]) for m in models for key in state)


# Progress


def test_progress_starts_at_zero_and_never_decreases(hub, weights):
    hub.serve(REPOSITORY, File(weights, pause=0.03))
    progress = list(_fetch(REPOSITORY))
    steps = [p.step for p in progress]
    assert progress[0] == Progress(0, len(weights))
    assert len(progress) > 2
    assert steps == sorted(steps)
    assert {p.total for p in progress} == {len(weights)}
    assert steps[-1] <= len(weights)


def test_progress_is_reported_during_a_slow_download_of_a_small_file(hub, weights):
    hub.serve(REPOSITORY, File(weights, pause=0.04))
    intermediate = [p.step for p in _fetch(REPOSITORY) if 0 < p.step < p.total]
    assert len(set(intermediate)) >= 2


def test_progress_stays_within_the_size_after_a_broken_connection(hub, large, quick_retries):
    hub.serve(LARGE, File(large, breaks=[12_000_000], pause=0.002))
    steps = [p.step for p in _fetch(LARGE)]
    assert steps == sorted(steps)
    assert steps[-1] <= len(large)


# Connections that break


def test_a_download_resumes_where_the_connection_broke(hub, large, quick_retries):
    hub.serve(LARGE, File(large, breaks=[12_000_000]))
    assert drain(_fetch(LARGE)).read_bytes() == large
    (resumed,) = [request.first_byte for request in hub.requests if request.first_byte]
    assert 0 < resumed <= 12_000_000


def test_a_small_model_loads_after_a_broken_connection(hub, weights, state, quick_retries):
    hub.serve(REPOSITORY, File(weights, breaks=[len(weights) // 2]))
    _assert_loads(state)
    assert hub.request_methods.count("GET") == 2


@pytest.mark.parametrize("resets", [False, True], ids=["ended", "reset"])
def test_weights_are_unavailable_if_every_connection_breaks(
    hub, weights, state, quick_retries, resets
):
    every_time = itertools.repeat(len(weights) // 2)
    hub.serve(REPOSITORY, File(weights, breaks=every_time, resets=resets))
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


@pytest.mark.parametrize(
    "wrong_sizes",
    [
        pytest.param({"head_size": 2_000_000}, id="HEAD"),
        pytest.param({"head_size": 2_000_000, "body_size": 2_000_000}, id="HEAD and GET"),
        pytest.param({"body_size": 2_000_000}, id="GET"),
    ],
)
def test_weights_are_unavailable_if_the_hub_states_more_bytes_than_it_sends(
    hub, weights, state, quick_retries, wrong_sizes
):
    assert len(weights) < 2_000_000
    hub.serve(REPOSITORY, File(weights, **wrong_sizes))
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


# Damaged files


def test_a_truncated_file_is_unavailable_and_deleted(hub, weights, state):
    hub.serve(REPOSITORY, weights[: len(weights) // 2])
    with pytest.raises(zoo.WeightsUnavailable, match=r"damaged .* deleted"):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


def test_a_truncated_file_is_downloaded_again_also_if_its_etag_is_the_same(hub, weights, state):
    tag = {"ETag": '"constant"'}
    hub.serve(REPOSITORY, File(weights[: len(weights) // 2], headers=tag))
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(NAME)
    hub.serve(REPOSITORY, File(weights, headers=tag))
    _assert_loads(state)


@pytest.mark.parametrize("content", [b"", b"<html>Sign in to the Wi-Fi</html>", b"\xff" * 5000])
def test_a_file_that_is_not_safetensors_is_unavailable(hub, weights, state, content):
    hub.serve(REPOSITORY, content)
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


def test_a_pickle_named_safetensors_is_never_opened(hub, tmp_path):
    trap = tmp_path / "sprung"
    hub.serve(REPOSITORY, pickle.dumps(_Trap(trap)))
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(NAME)
    assert not trap.exists()


class _Trap:
    """Creates a folder when it is unpickled."""

    def __init__(self, folder: Path):
        self._folder = folder

    def __reduce__(self) -> tuple:
        return Path.mkdir, (self._folder,)


def test_a_repository_with_only_pickled_weights_is_unavailable(hub, weights, tmp_path):
    trap = tmp_path / "sprung"
    for name in ("pytorch_model.bin", "pytorch_model.pth", "model.pth"):
        hub.serve(REPOSITORY, pickle.dumps(_Trap(trap)), name)
    with pytest.raises(zoo.WeightsUnavailable, match=r"no model\.safetensors"):
        zoo.load(NAME)
    assert not trap.exists()
    assert {Path(request.path).name for request in hub.requests} == {"model.safetensors"}


def test_the_error_for_weights_of_another_architecture_suggests_untrained(hub):
    hub.serve(REPOSITORY, safetensors.torch.save(_state_of("test_convnext", seed=0)))
    with pytest.raises(zoo.WeightsUnavailable) as error:
        zoo.load(NAME)
    assert "do not fit test_resnet" in str(error.value)
    assert "untrained/test_resnet" in str(error.value)


# Hubs that answer with errors, and no network


def test_a_missing_repository_is_unavailable(hub, weights, state):
    with pytest.raises(zoo.WeightsUnavailable, match=f"has no repository {REPOSITORY}.*untrained"):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


def test_a_missing_file_is_unavailable(hub, weights, state):
    hub.serve(REPOSITORY, b"{}", "config.json")
    with pytest.raises(zoo.WeightsUnavailable, match=r"no model\.safetensors.*untrained"):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_weights_are_unavailable_if_the_hub_answers_with_an_error(hub, weights, state, status):
    hub.refusal = (status, {})
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


def test_weights_are_unavailable_behind_a_login_portal(hub, weights, state):
    hub.refusal = (200, {"Content-Type": "text/html"})
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_next_try_succeeds(hub, weights, state)


@pytest.mark.parametrize("no_hub", [closed_port, black_hole])
def test_without_a_network_loading_fails_in_time(no_hub, monkeypatch):
    with no_hub() as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        timeouts = record_timeouts(monkeypatch)
        with pytest.raises(zoo.WeightsUnavailable, match=f"{REPOSITORY}.*untrained"):
            zoo.load(NAME)
        assert timeouts
        assert max(timeouts) < MAX_WAIT


FIRST_LOAD = f"""
from core import zoo
try:
    zoo.load("{NAME}")
except zoo.WeightsUnavailable:
    print("unavailable")
"""


def test_without_a_network_the_first_load_of_a_process_fails_in_time(tmp_path):
    # By default, huggingface_hub requests more than the weights at its first use in a process,
    # and waits for that answer first.
    requests: list[str] = []
    with black_hole(requests) as url:
        environment = {key: text for key, text in os.environ.items() if not key.startswith("HF_")}
        process = subprocess.run(
            [sys.executable, "-c", FIRST_LOAD],
            env=environment | {"HF_HOME": str(tmp_path), "HF_ENDPOINT": url},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    assert process.stdout == "unavailable\n"
    assert [request.partition(" ")[0] for request in requests] == ["HEAD"]


# Downloads that are too large


def test_a_file_over_the_limit_is_refused_before_the_download(hub, weights, monkeypatch):
    hub.serve(REPOSITORY, weights)
    monkeypatch.setenv("ZOOSCOPE_DOWNLOAD_MB", "1")
    with pytest.raises(zoo.ModelTooLarge, match=r"2 MB.*1 MB.*ZOOSCOPE_DOWNLOAD_MB"):
        zoo.load(NAME)
    assert set(hub.request_methods) == {"HEAD"}
    assert hub.sent == 0


def test_a_file_as_large_as_the_limit_is_downloaded(hub, weights):
    hub.serve(REPOSITORY, weights)
    drain(Hub.from_environment().fetch_steps(REPOSITORY, len(weights)))
    with pytest.raises(zoo.ModelTooLarge):
        drain(Hub.from_environment().fetch_steps(REPOSITORY, len(weights) - 1))


def test_a_full_disk_is_noticed_before_the_download(hub, weights, monkeypatch):
    hub.serve(REPOSITORY, weights)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12 - 10**6, 10**6))
    with pytest.raises(zoo.ModelTooLarge, match=r"2 MB.*1 MB free.*HF_HUB_CACHE"):
        zoo.load(NAME)
    assert set(hub.request_methods) == {"HEAD"}
    assert hub.sent == 0


# Cancelling


def _continue_until(hub: LoopbackHub, steps: Steps[Path], size: int) -> None:
    """Continue a download until the hub has sent `size` bytes."""
    next(step for step in steps if hub.sent >= size)


def test_a_download_cancelled_before_it_starts_requests_no_file(hub, large):
    hub.serve(LARGE, large)
    steps = _fetch(LARGE)
    next(steps)
    steps.close()
    assert set(hub.request_methods) == {"HEAD"}


def test_cancelling_closes_the_connection_before_the_file_is_complete(hub, large):
    hub.serve(LARGE, File(large, pause=0.05))
    steps = _fetch(LARGE)
    _continue_until(hub, steps, 500_000)
    assert not hub.hung_up.is_set()
    steps.close()
    assert hub.hung_up.wait(60)
    assert hub.sent < len(large)


def test_a_cancelled_download_succeeds_the_next_time(hub, large):
    file = hub.serve(LARGE, File(large, pause=0.01))
    steps = _fetch(LARGE)
    _continue_until(hub, steps, 11_000_000)
    steps.close()
    file.pause = 0
    assert drain(_fetch(LARGE)).read_bytes() == large


def test_a_cancelled_download_is_not_in_the_cache(hub, large):
    hub.serve(LARGE, File(large, pause=0.01))
    steps = _fetch(LARGE)
    _continue_until(hub, steps, 11_000_000)
    steps.close()
    assert hub.hung_up.wait(60)
    assert Hub.from_environment().cached(LARGE) is None


# The cache


def test_cached_repositories_are_those_with_a_downloaded_file(hub, weights):
    assert Hub.from_environment().cached_repositories() == set()
    hub.serve(REPOSITORY, weights)
    drain(_fetch(REPOSITORY))
    assert Hub.from_environment().cached_repositories() == {REPOSITORY}


def test_a_missing_cache_folder_counts_as_empty(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "not" / "yet"))
    assert Hub.from_environment().cached_repositories() == set()
    assert Hub.from_environment().cached(REPOSITORY) is None


def test_huggingface_hub_finds_the_downloaded_file(hub, weights, monkeypatch):
    from huggingface_hub import try_to_load_from_cache

    hub.serve(REPOSITORY, weights)
    path = drain(_fetch(REPOSITORY))
    cache = os.environ["HF_HUB_CACHE"]
    assert try_to_load_from_cache(REPOSITORY, "model.safetensors", cache) == str(path)
    assert COMMIT in path.parts
