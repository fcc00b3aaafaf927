"""Fetching weights: from a good hub, a bad one and none at all."""

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
from tests.zoo.loopback_hub import COMMIT, File, LoopbackHub, black_hole, closed_port

PROJECT = Path(__file__).resolve().parents[2]
NAME = "test_resnet.r160_in1k"
REPOSITORY = "timm/test_resnet.r160_in1k"
LARGE = "timm/large"
LIMIT = 100_000_000
# A user without network is told within this time.
PATIENCE = 5.0

State = dict[str, torch.Tensor]


def _state_of(architecture: str, seed: int) -> State:
    torch.manual_seed(seed)
    return timm.create_model(architecture).state_dict()


@pytest.fixture(scope="module")
def state() -> State:
    return _state_of("test_resnet", seed=11)


@pytest.fixture(scope="module")
def weights(state: State) -> bytes:
    """A good file, 1.9 MB."""
    return safetensors.torch.save(state)


@pytest.fixture(scope="module")
def large() -> bytes:
    """A good file of 24 MB, of which no two parts are the same."""
    return safetensors.torch.save({"weight": torch.arange(6_000_000, dtype=torch.int32)})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with LoopbackHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub
    # Whatever a test is about: nothing but safetensors is ever asked for.
    assert {Path(request.path).name for request in hub.requests} <= {"model.safetensors"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub waits a second before each new try; here it doesn't."""
    hurried = SimpleNamespace(**{**vars(time), "sleep": lambda seconds: time.sleep(0.01)})
    monkeypatch.setattr("huggingface_hub.file_download.time", hurried)


def _fetch(repository: str) -> Steps[Path]:
    return Hub.from_environment().fetch_steps(repository, LIMIT)


def _assert_loads(state: State, name: str = NAME) -> None:
    loaded = zoo.load(name).net.state_dict()
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], state[key]) for key in state)


def _assert_nothing_kept(hub: LoopbackHub, weights: bytes, state: State) -> None:
    """The cache is as it was, so that the next try, with a hub that is well again, succeeds."""
    assert zoo.describe(NAME).where == "hub"
    hub.refusal = None
    hub.serve(REPOSITORY, weights)
    _assert_loads(state)
    assert zoo.describe(NAME).where == "cached"


# A good hub


def test_loaded_weights_are_those_that_the_hub_serves(hub, weights, state):
    hub.serve(REPOSITORY, weights)
    _assert_loads(state)


def test_the_second_load_asks_the_hub_for_nothing(hub, weights, state):
    hub.serve(REPOSITORY, weights)
    zoo.load(NAME)
    asked = len(hub.requests)
    _assert_loads(state)
    assert asked > 0
    assert len(hub.requests) == asked


def test_a_card_says_where_the_weights_are_now(hub, weights):
    hub.serve(REPOSITORY, weights)
    card = zoo.describe(NAME)
    assert card.where == "hub"
    assert card.weights is None
    with pytest.raises(zoo.WeightsUnavailable, match="not here yet"):
        card.available_weights()
    drain(_fetch(REPOSITORY))
    assert card.where == "cached"
    assert card.available_weights().read_bytes() == weights


def test_weights_that_are_here_load_without_a_hub(hub, weights, state, monkeypatch):
    hub.serve(REPOSITORY, weights)
    zoo.load(NAME)
    with closed_port() as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        _assert_loads(state)


def test_describing_asks_the_hub_for_nothing(hub, weights):
    hub.serve(REPOSITORY, weights)
    card = zoo.describe(NAME)
    assert (card.where, card.labels[19], card.input_size) == ("hub", "chickadee", (3, 160, 160))
    zoo.catalog()
    assert hub.requests == []


def test_untrained_networks_need_no_hub(hub):
    zoo.load(NAME, pretrained=False)
    assert hub.requests == []


def test_fetching_gives_the_path_of_the_file_served(hub, large):
    hub.serve(LARGE, large)
    assert drain(_fetch(LARGE)).read_bytes() == large


def test_a_file_that_lies_on_another_host_is_fetched_from_there(hub, weights, state):
    hub.serve(REPOSITORY, File(weights, elsewhere=hub.other_url))
    _assert_loads(state)


def test_the_size_of_a_file_on_another_host_is_known_before_it_is_fetched(hub, weights):
    hub.serve(REPOSITORY, File(weights, elsewhere=hub.other_url))
    assert Hub.from_environment().size(REPOSITORY) == len(weights)
    assert set(hub.asked_for) == {"HEAD"}


def test_a_file_that_the_hub_also_keeps_in_xet_is_fetched_the_plain_way(hub, weights, state):
    # hf_xet runs to its end whatever its progress callback raises: it can't be given up.
    xet = {"X-Xet-Hash": "0" * 64, "X-Xet-Refresh-Route": f"{hub.url}/xet-token"}
    hub.serve(REPOSITORY, File(weights, headers=xet))
    _assert_loads(state)


def test_two_who_load_the_same_at_once_both_get_it(hub, weights, state):
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


def test_progress_begins_at_nothing_of_the_size_and_never_goes_down(hub, weights):
    hub.serve(REPOSITORY, File(weights, pause=0.03))
    progress = list(_fetch(REPOSITORY))
    steps = [p.step for p in progress]
    assert progress[0] == Progress(0, len(weights))
    assert len(progress) > 2
    assert steps == sorted(steps)
    assert {p.total for p in progress} == {len(weights)}
    assert steps[-1] <= len(weights)


def test_progress_is_seen_while_a_small_file_comes_slowly(hub, weights):
    hub.serve(REPOSITORY, File(weights, pause=0.04))
    under_way = [p.step for p in _fetch(REPOSITORY) if 0 < p.step < p.total]
    assert len(set(under_way)) >= 2


def test_progress_of_a_file_that_breaks_off_stays_within_its_size(hub, large, impatient):
    hub.serve(LARGE, File(large, breaks=[12_000_000], pause=0.002))
    steps = [p.step for p in _fetch(LARGE)]
    assert steps == sorted(steps)
    assert steps[-1] <= len(large)


# Connections that break


def test_a_download_that_breaks_off_goes_on_where_it_stopped(hub, large, impatient):
    hub.serve(LARGE, File(large, breaks=[12_000_000]))
    assert drain(_fetch(LARGE)).read_bytes() == large
    (resumed,) = [request.first_byte for request in hub.requests if request.first_byte]
    assert 0 < resumed <= 12_000_000


def test_a_small_model_that_breaks_off_half_way_loads_in_the_end(hub, weights, state, impatient):
    hub.serve(REPOSITORY, File(weights, breaks=[len(weights) // 2]))
    _assert_loads(state)
    assert hub.asked_for.count("GET") == 2


@pytest.mark.parametrize("resets", [False, True], ids=["ended", "reset"])
def test_a_download_that_breaks_off_for_ever_is_unavailable(hub, weights, state, impatient, resets):
    for_ever = itertools.repeat(len(weights) // 2)
    hub.serve(REPOSITORY, File(weights, breaks=for_ever, resets=resets))
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"head_size": 2_000_000}, id="only when asked for the size"),
        pytest.param({"head_size": 2_000_000, "body_size": 2_000_000}, id="always"),
        pytest.param({"body_size": 2_000_000}, id="only when sending"),
    ],
)
def test_a_hub_that_promises_more_bytes_than_it_sends_is_unavailable(
    hub, weights, state, impatient, lie
):
    assert len(weights) < 2_000_000
    hub.serve(REPOSITORY, File(weights, **lie))
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


# Files that are no good


def test_a_truncated_file_is_unavailable_and_thrown_away(hub, weights, state):
    hub.serve(REPOSITORY, weights[: len(weights) // 2])
    with pytest.raises(zoo.WeightsUnavailable, match=r"damaged .* thrown away"):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


def test_a_truncated_file_is_fetched_anew_also_under_the_same_etag(hub, weights, state):
    tag = {"ETag": '"the-same-all-the-time"'}
    hub.serve(REPOSITORY, File(weights[: len(weights) // 2], headers=tag))
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(NAME)
    hub.serve(REPOSITORY, File(weights, headers=tag))
    _assert_loads(state)


@pytest.mark.parametrize("content", [b"", b"<html>Sign in to the Wi-Fi</html>", b"\xff" * 5000])
def test_a_file_that_is_no_safetensors_is_unavailable(hub, weights, state, content):
    hub.serve(REPOSITORY, content)
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


def test_a_pickle_under_the_name_of_safetensors_is_never_opened(hub, tmp_path):
    trap = tmp_path / "sprung"
    hub.serve(REPOSITORY, pickle.dumps(_Trap(trap)))
    with pytest.raises(zoo.WeightsUnavailable):
        zoo.load(NAME)
    assert not trap.exists()


class _Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path):
        self._folder = folder

    def __reduce__(self) -> tuple:
        return Path.mkdir, (self._folder,)


def test_a_repository_with_pickled_weights_only_is_unavailable(hub, weights, tmp_path):
    trap = tmp_path / "sprung"
    for name in ("pytorch_model.bin", "pytorch_model.pth", "model.pth"):
        hub.serve(REPOSITORY, pickle.dumps(_Trap(trap)), name)
    with pytest.raises(zoo.WeightsUnavailable, match=r"no model\.safetensors"):
        zoo.load(NAME)
    assert not trap.exists()
    assert {Path(request.path).name for request in hub.requests} == {"model.safetensors"}


def test_weights_of_another_architecture_say_so_and_the_way_out(hub):
    hub.serve(REPOSITORY, safetensors.torch.save(_state_of("test_convnext", seed=0)))
    with pytest.raises(zoo.WeightsUnavailable) as error:
        zoo.load(NAME)
    assert "do not fit test_resnet" in str(error.value)
    assert "untrained/test_resnet" in str(error.value)


# Hubs that refuse, and none at all


def test_a_repository_that_the_hub_has_not_is_unavailable(hub, weights, state):
    with pytest.raises(zoo.WeightsUnavailable, match=f"has no {REPOSITORY}.*untrained"):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


def test_a_file_that_the_hub_has_not_is_unavailable(hub, weights, state):
    hub.serve(REPOSITORY, b"{}", "config.json")
    with pytest.raises(zoo.WeightsUnavailable, match=r"no model\.safetensors.*untrained"):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_hub_that_answers_with_an_error_is_unavailable(hub, weights, state, status):
    hub.refusal = (status, {})
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


def test_a_portal_that_answers_in_the_hubs_place_is_unavailable(hub, weights, state):
    hub.refusal = (200, {"Content-Type": "text/html"})
    with pytest.raises(zoo.WeightsUnavailable, match=REPOSITORY):
        zoo.load(NAME)
    _assert_nothing_kept(hub, weights, state)


@pytest.mark.parametrize("no_hub", [closed_port, black_hole])
def test_without_network_the_user_is_told_in_time_what_can_be_done(no_hub, monkeypatch):
    with no_hub() as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        start = time.perf_counter()
        with pytest.raises(zoo.WeightsUnavailable, match=f"{REPOSITORY}.*untrained"):
            zoo.load(NAME)
        assert time.perf_counter() - start < PATIENCE


FIRST_LOAD = f"""
import time
import huggingface_hub.file_download  # importing is not what is timed
from core import zoo
zoo.describe("{NAME}")
start = time.perf_counter()
try:
    zoo.load("{NAME}")
except zoo.WeightsUnavailable:
    print(time.perf_counter() - start)
"""


def test_without_network_the_first_load_of_a_process_tells_in_time_too(tmp_path):
    # huggingface_hub asks for more than the weights when a process uses it first.
    with black_hole() as url:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
        done = subprocess.run(
            [sys.executable, "-c", FIRST_LOAD],
            env=kept | {"HF_HOME": str(tmp_path), "HF_ENDPOINT": url},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    assert float(done.stdout) < PATIENCE


# Downloads that are too large


def test_a_file_over_the_limit_is_refused_before_a_byte_of_it_comes(hub, weights, monkeypatch):
    hub.serve(REPOSITORY, weights)
    monkeypatch.setenv("ZOOSCOPE_DOWNLOAD_MB", "1")
    with pytest.raises(zoo.ModelTooLarge, match=r"2 MB.*1 MB.*ZOOSCOPE_DOWNLOAD_MB"):
        zoo.load(NAME)
    assert set(hub.asked_for) == {"HEAD"}
    assert hub.sent == 0


def test_a_file_as_large_as_the_limit_is_fetched(hub, weights):
    hub.serve(REPOSITORY, weights)
    drain(Hub.from_environment().fetch_steps(REPOSITORY, len(weights)))
    with pytest.raises(zoo.ModelTooLarge):
        drain(Hub.from_environment().fetch_steps(REPOSITORY, len(weights) - 1))


def test_a_disk_without_room_is_found_out_before_a_byte_comes(hub, weights, monkeypatch):
    hub.serve(REPOSITORY, weights)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12 - 10**6, 10**6))
    with pytest.raises(zoo.ModelTooLarge, match=r"2 MB.*1 MB free.*HF_HUB_CACHE"):
        zoo.load(NAME)
    assert set(hub.asked_for) == {"HEAD"}
    assert hub.sent == 0


# Giving up


def _half_way(hub: LoopbackHub, steps: Steps[Path], size: int) -> None:
    """Go on with a download until a part of it is here."""
    next(step for step in steps if hub.sent >= size)


def test_a_download_given_up_before_it_began_asks_for_no_file(hub, large):
    hub.serve(LARGE, large)
    steps = _fetch(LARGE)
    next(steps)
    steps.close()
    assert set(hub.asked_for) == {"HEAD"}


def test_giving_up_ends_the_download_within_about_a_second(hub, large):
    hub.serve(LARGE, File(large, pause=0.05))
    steps = _fetch(LARGE)
    _half_way(hub, steps, 500_000)
    assert not hub.hung_up.is_set()
    steps.close()
    assert hub.hung_up.wait(2)


def test_a_download_that_was_given_up_succeeds_when_asked_for_again(hub, large):
    file = hub.serve(LARGE, File(large, pause=0.01))
    steps = _fetch(LARGE)
    _half_way(hub, steps, 11_000_000)
    steps.close()
    file.pause = 0
    assert drain(_fetch(LARGE)).read_bytes() == large


def test_giving_up_leaves_nothing_that_passes_for_the_file(hub, large):
    hub.serve(LARGE, File(large, pause=0.01))
    steps = _fetch(LARGE)
    _half_way(hub, steps, 11_000_000)
    steps.close()
    assert hub.hung_up.wait(10)
    assert Hub.from_environment().cached(LARGE) is None


# The cache


def test_cached_repositories_are_those_of_which_something_lies_here(hub, weights):
    assert Hub.from_environment().cached_repositories() == set()
    hub.serve(REPOSITORY, weights)
    drain(_fetch(REPOSITORY))
    assert Hub.from_environment().cached_repositories() == {REPOSITORY}


def test_a_cache_folder_that_is_not_there_yet_is_an_empty_one(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "not" / "yet"))
    assert Hub.from_environment().cached_repositories() == set()
    assert Hub.from_environment().cached(REPOSITORY) is None


def test_the_file_lies_where_huggingface_hub_itself_looks(hub, weights, monkeypatch):
    from huggingface_hub import try_to_load_from_cache

    hub.serve(REPOSITORY, weights)
    path = drain(_fetch(REPOSITORY))
    cache = os.environ["HF_HUB_CACHE"]
    assert try_to_load_from_cache(REPOSITORY, "model.safetensors", cache) == str(path)
    assert COMMIT in path.parts
