"""Forward hooks that see, and may replace, every tensor that some modules of a network return."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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

    with ExitStack() as cleanup:
        # Count anew in every forward pass, since the last one may have stopped early.
        start = net.register_forward_pre_hook(lambda _module, _inputs: counts.clear())
        cleanup.callback(start.remove)
        for name in modules:
            hook = net.get_submodule(name).register_forward_hook(_OutputHook(name, counts, replace))
            cleanup.callback(hook.remove)
        yield


@dataclass(frozen=True)
class _OutputHook:
    """A forward hook that replaces every tensor in a module's output.

    Attributes:
        name: The module's name.
        counts: The number of tensors so far in this forward pass, by module; shared by all hooks.
        replace: Returns the tensor to continue with.
    """

    name: str
    counts: Counter[str]
    replace: Replace

    def __call__(self, _module: nn.Module, _inputs: Any, output: Any) -> Any:
        return self._replaced(output)

    def _replaced(self, output: Any) -> Any:
        """Replace the tensors in an output, which may be a nested list or tuple."""
        if isinstance(output, Tensor):
            self.counts[self.name] += 1
            return self.replace((self.name, self.counts[self.name] - 1), output)
        if isinstance(output, tuple | list):
            return type(output)(self._replaced(item) for item in output)
        return output
