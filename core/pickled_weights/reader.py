"""Have a child process read pickled weights, with limits of time and memory."""

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "core.pickled_weights")
# Seconds after which the process is killed. It takes 3 s on a free machine, mostly for importing
# torch.
WALL_SECONDS = 120.0

log = logging.getLogger(__name__)


class UnreadableWeights(Exception):
    """The child process failed, or took too much time or memory."""


def read_tensors(
    pickled: bytes, command: Sequence[str] = COMMAND, wall_seconds: float = WALL_SECONDS
) -> list[Tensor]:
    """Return the tensors of a state dict that torch has pickled, in their order.

    Args:
        pickled: The content of the file. The caller has checked that it is a known file.
        command: The command of the child process.
        wall_seconds: Seconds after which the child process is killed.

    Raises:
        UnreadableWeights: The child process failed, or took too much time or memory.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        result = subprocess.run(  # noqa: S603 - this interpreter on a module of this project
            command,
            input=pickled,
            capture_output=True,
            timeout=wall_seconds,
            cwd=PROJECT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            check=True,
        )
        tensors = load(result.stdout)
        return [tensors[str(index)] for index in range(len(tensors))]
    except subprocess.TimeoutExpired as error:
        raise UnreadableWeights(f"it took more than {wall_seconds:g} s") from error
    except subprocess.CalledProcessError as error:
        log.warning("Pickled weights: %s", error.stderr.decode(errors="replace")[-2000:])
        raise UnreadableWeights(f"the process ended with exit code {error.returncode}") from error
    except (OSError, SafetensorError, KeyError) as error:
        raise UnreadableWeights("the process gave no tensors") from error
