"""Forward hooks that see, and may replace, every tensor that some modules of a network return."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

# A tensor that a module returns in one forward pass: the module's name, and the tensor's index
# among all that the module returns in this pass.
OutputId = tuple[str, int]
Replace = Callable[[OutputId, Tensor], Tensor]


@contextmanager
def replace_outputs(net: nn.Module, modules: Iterable[str], replace: Replace) -> Iterator[None]:
    """Call `replace` for every tensor that these modules return, and continue with its result.

    All hooks are removed at the end, also after an error.

    Args:
        net: The network.
        modules: Dotted names of its modules.
        replace: Takes the output's id and the tensor; returns the tensor to continue with.
    """
    counts: Counter[str] = Counter()

    def hook_for(name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def replace_next(tensor: Tensor) -> Tensor:
            counts[name] += 1
            return replace((name, counts[name] - 1), tensor)

        return lambda _module, _inputs, output: _map_tensors(replace_next, output)

    with ExitStack() as cleanup:
        # Count anew in every forward pass, since the last one may have stopped early.
        start = net.register_forward_pre_hook(lambda _module, _inputs: counts.clear())
        cleanup.callback(start.remove)
        for name in modules:
            hook = net.get_submodule(name).register_forward_hook(hook_for(name))
            cleanup.callback(hook.remove)
        yield


def _map_tensors(change: Callable[[Tensor], Tensor], output: Any) -> Any:
    """Apply `change` to every tensor in a module's output, which may be a nested list or tuple."""
    if isinstance(output, Tensor):
        return change(output)
    if isinstance(output, tuple | list):
        return type(output)(_map_tensors(change, item) for item in output)
    return output
