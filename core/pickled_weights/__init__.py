"""Reads weights in torch's old pickled format: the only place that opens such files.

They are files of known content, whose SHA-256 was checked, and are read in a child process.
"""

from core.pickled_weights.reader import UnreadableWeights, read_tensors

__all__ = ["UnreadableWeights", "read_tensors"]
