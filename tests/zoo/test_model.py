"""Borrowing a network: one thread at a time, and its state is restored afterwards."""

import math
import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from core import zoo
from core.zoo import model

THREADS = 6
READS = 8


@pytest.fixture
def m() -> zoo.Model:
    """A new model for each test, because these tests change its state."""
    return zoo.load("untrained/test_resnet")


@pytest.fixture
def x() -> Tensor:
    return torch.rand(1, 3, 64, 64)


class Interruption(Exception):
    """An error while a network is borrowed."""


def _borrow(m: zoo.Model, work: Callable[[nn.Module], object], fails: bool) -> None:
    """Call `work` with the borrowed network, and raise an error after it if `fails`."""
    if not fails:
        with m.borrow() as net:
            work(net)
        return
    with pytest.raises(Interruption), m.borrow() as net:
        work(net)
        raise Interruption


success_and_failure = pytest.mark.parametrize("fails", [False, True], ids=["success", "failure"])


# One thread at a time


def _borrower(m: zoo.Model) -> tuple[threading.Thread, threading.Event]:
    """Return a thread that borrows the network, and the event it sets when it has it."""
    borrowed = threading.Event()

    def work() -> None:
        with m.borrow():
            borrowed.set()

    return threading.Thread(target=work), borrowed


def test_a_second_thread_waits_until_the_network_is_returned(m):
    thread, borrowed = _borrower(m)
    with m.borrow():
        thread.start()
        assert not borrowed.wait(0.1)
    assert borrowed.wait(60)
    thread.join()


def test_the_network_is_returned_after_an_error(m):
    with pytest.raises(Interruption), m.borrow():
        raise Interruption
    thread, borrowed = _borrower(m)
    thread.start()
    assert borrowed.wait(60)
    thread.join()


def test_a_thread_can_borrow_the_network_twice(m):
    with m.borrow() as outer, m.borrow() as inner:
        assert outer is inner is m.net


def test_leaving_an_inner_borrow_keeps_other_threads_waiting(m):
    thread, borrowed = _borrower(m)
    with m.borrow():
        with m.borrow():
            pass
        thread.start()
        assert not borrowed.wait(0.1)
    assert borrowed.wait(60)
    thread.join()


def test_two_models_with_the_same_name_have_separate_locks(m):
    thread, borrowed = _borrower(zoo.load("untrained/test_resnet"))
    with m.borrow():
        thread.start()
        assert borrowed.wait(60)
    thread.join()


def _activation(net: nn.Module, layer: str, x: Tensor) -> Tensor:
    """Read a layer as a method does: with a hook, in several steps."""
    activations: list[Tensor] = []
    hook = net.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: activations.append(output.clone())
    )
    with torch.no_grad():
        net(x)
    hook.remove()
    (activation,) = activations  # fails if another thread's forward pass called the hook as well
    return activation


def test_threads_that_read_activations_under_borrow_never_mix(m):
    # Without a lock, 51 of 120 such reads were wrong in a measurement.
    inputs = [torch.full((1, 3, 64, 64), value / THREADS) for value in range(THREADS)]
    layers = ["layer1", "layer2", "layer3", "layer4", "layer2", "layer3"]
    with m.borrow() as net:
        references = [_activation(net, *pair) for pair in zip(layers, inputs, strict=True)]
    start = threading.Barrier(THREADS)
    correct: list[bool] = []

    def work(index: int) -> None:
        start.wait()
        for _ in range(READS):
            with m.borrow() as net:
                activation = _activation(net, layers[index], inputs[index])
            correct.append(torch.equal(activation, references[index]))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(correct) == THREADS * READS
    assert all(correct)


# The borrowed network


def test_a_borrowed_network_is_in_eval_mode_and_frozen(m):
    m.net.train().requires_grad_(True)
    with m.borrow() as net:
        assert not any(module.training for module in net.modules())
        assert not any(parameter.requires_grad for parameter in net.parameters())


# The state is restored


@success_and_failure
def test_modes_are_restored(m, fails):
    m.net.train()
    m.net.layer2.eval()
    m.net.layer3[0].bn1.eval()
    before = {name: module.training for name, module in m.net.named_modules()}
    assert set(before.values()) == {True, False}
    _borrow(m, lambda net: net.layer1.train(), fails)
    assert {name: module.training for name, module in m.net.named_modules()} == before


@success_and_failure
def test_requires_grad_flags_are_restored(m, fails):
    m.net.requires_grad_(True)
    m.net.layer2.requires_grad_(False)
    before = {name: parameter.requires_grad for name, parameter in m.net.named_parameters()}
    assert set(before.values()) == {True, False}
    _borrow(m, lambda net: net.layer1.requires_grad_(True), fails)
    assert {name: p.requires_grad for name, p in m.net.named_parameters()} == before


def _backward(x: Tensor) -> Callable[[nn.Module], None]:
    def work(net: nn.Module) -> None:
        net.requires_grad_(True)
        net(x).sum().backward()
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())

    return work


@success_and_failure
def test_gradients_of_a_backward_pass_inside_are_removed(m, x, fails):
    _borrow(m, _backward(x), fails)
    assert all(parameter.grad is None for parameter in m.net.parameters())


@success_and_failure
def test_gradients_from_before_are_restored(m, x, fails):
    before = {}
    for name, parameter in m.net.named_parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
        before[name] = parameter.grad.clone()
    _borrow(m, _backward(x), fails)
    for name, parameter in m.net.named_parameters():
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, before[name]), name


@success_and_failure
def test_gradients_that_are_cleared_inside_are_restored(m, fails):
    m.net.fc.weight.grad = torch.ones_like(m.net.fc.weight)
    _borrow(m, lambda net: net.zero_grad(set_to_none=True), fails)
    assert torch.equal(m.net.fc.weight.grad, torch.ones_like(m.net.fc.weight))


HOOKS = {
    "forward": lambda module, hook: module.register_forward_hook(hook),
    "forward with keywords": lambda module, hook: module.register_forward_hook(
        hook, with_kwargs=True, always_call=True
    ),
    "forward pre": lambda module, hook: module.register_forward_pre_hook(hook),
    "full backward": lambda module, hook: module.register_full_backward_hook(hook),
    "full backward pre": lambda module, hook: module.register_full_backward_pre_hook(hook),
}

every_hook = pytest.mark.parametrize("register", HOOKS.values(), ids=HOOKS.keys())


def _run(net: nn.Module, x: Tensor) -> None:
    """Run a forward pass and a backward pass to the input, which call every kind of hook."""
    x = x.clone().requires_grad_()
    torch.autograd.grad(net(x).sum(), x)


@success_and_failure
@every_hook
def test_hooks_added_inside_are_removed(m, x, register, fails):
    calls: list[object] = []
    hook = lambda *args: calls.append(args)  # noqa: E731 - a hook must return None
    _borrow(m, lambda net: register(net.layer4, lambda *args: hook(*args)), fails)
    _run(m.net, x)
    assert calls == []


@success_and_failure
def test_hooks_on_the_whole_network_are_removed(m, x, fails):
    calls: list[object] = []
    _borrow(m, lambda net: net.register_forward_hook(lambda *args: calls.append(args)), fails)
    _run(m.net, x)
    assert calls == []


@success_and_failure
@every_hook
def test_hooks_from_before_stay(m, x, register, fails):
    calls: list[str] = []

    def before(*_: object) -> None:
        calls.append("before")

    def inside(*_: object) -> None:
        calls.append("inside")

    handle = register(m.net.layer4, before)
    _borrow(m, lambda net: register(net.layer4, inside), fails)
    _run(m.net, x)
    assert calls == ["before"]
    handle.remove()
    _run(m.net, x)
    assert calls == ["before"]


def test_removing_hooks_inside_and_again_afterwards_is_no_error(m):
    handle = m.net.layer4.register_forward_hook(lambda *_: None)
    with m.borrow() as net:
        inner_handle = net.layer4.register_forward_hook(lambda *_: None)
        inner_handle.remove()
        handle.remove()
    inner_handle.remove()
    assert not m.net.layer4._forward_hooks


@success_and_failure
def test_hooks_of_an_inner_borrow_are_removed_when_it_ends(m, x, fails):
    calls: list[str] = []
    with m.borrow() as net:
        net.layer4.register_forward_hook(lambda *_: calls.append("outer"))
        _borrow(
            m,
            lambda net: net.layer4.register_forward_hook(lambda *_: calls.append("inner")),
            fails,
        )
        net(x)
    assert calls == ["outer"]
    m.net(x)
    assert calls == ["outer"]


@success_and_failure
def test_outputs_are_the_same_after_all_changes_at_once(m, x, fails):
    before = m.net(x)

    def change_everything(net: nn.Module) -> None:
        net.train().requires_grad_(True)
        net.fc.register_forward_hook(lambda module, inputs, output: output * 2)
        net.eval()(x).sum().backward()

    _borrow(m, change_everything, fails)
    assert torch.equal(m.net(x), before)
    assert not m.net(x).requires_grad


@pytest.mark.parametrize(("limit", "expected"), [(3.5, 3), (0.5, 1), (1e6, 64)])
def test_batch_size_keeps_the_largest_tensor_within_the_limit(m, monkeypatch, limit, expected):
    largest = max(math.prod(layer.shape) for layer in m.layers.values())  # larger than the input
    monkeypatch.setattr(model, "LARGEST_TENSOR_BYTES", int(limit * largest * 4))
    assert m.batch_size == expected
