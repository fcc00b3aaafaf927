"""The child process: reads a pickled state dict from its input, and writes it as safetensors.

The tensors are named by their positions: "0", "1", and so on.
"""

import io
import sys

# Bytes of data that the process may take. torch itself takes about 0.3 GB, the weights a few times
# their 25 MB.
MEMORY = 2_000_000_000


def main() -> None:
    """Read a state dict, and write its tensors in their order."""
    limit_memory()
    import torch
    from safetensors.torch import save

    pickled = io.BytesIO(sys.stdin.buffer.read())
    state = torch.load(pickled, map_location="cpu", weights_only=True)  # noqa: TID251
    tensors = {str(index): tensor.contiguous() for index, tensor in enumerate(state.values())}
    sys.stdout.buffer.write(save(tensors))


def limit_memory() -> None:
    """Limit the memory of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    # Not RLIMIT_AS: torch's libraries take many GB of address space where they support GPUs.
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
