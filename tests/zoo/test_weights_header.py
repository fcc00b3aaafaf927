"""The header of a weights file: what it states, and which files are refused before parsing."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from core.zoo import weights_header
from core.zoo.weights_header import MAX_TENSORS, WeightsHeader, read_weights_header

TENSOR = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def _file(folder: Path, header: Any, data: int = 8) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(data))
    return path


def test_the_header_states_the_number_of_tensors_and_values(tmp_path):
    path = tmp_path / "model.safetensors"
    tensors = {"a": torch.zeros(2, 3), "b": torch.zeros(()), "c": torch.zeros(0, 5)}
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
    assert read_weights_header(path) == WeightsHeader(tensors=3, values=7, parameters=7)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param(b"[" * 10_000, "nested", id="nested"),
        pytest.param(b"{'a'}", "double quotes", id="no JSON"),
        pytest.param(b"\xff{}", "utf-8", id="no text"),
        pytest.param([TENSOR], "object", id="a list"),
        pytest.param({"a": 1}, "shape", id="a number as tensor"),
        pytest.param({"a": {}}, "shape", id="no shape"),
        pytest.param({"a": TENSOR | {"shape": 2}}, "shape", id="a number as shape"),
        pytest.param({"a": TENSOR | {"shape": [-2]}}, "shape", id="negative"),
        pytest.param({"a": TENSOR | {"shape": [2.0]}}, "shape", id="broken"),
        pytest.param({"a": TENSOR | {"shape": [1] * 10**5}}, "shape", id="many dimensions"),
        pytest.param({"a": TENSOR | {"shape": [10**9]}}, "more values", id="more than the file"),
    ],
)
def test_a_wrong_header_is_refused(header, reason, tmp_path):
    with pytest.raises(ValueError, match=reason):
        read_weights_header(_file(tmp_path, header))


def test_more_tensors_than_any_network_has_are_refused(tmp_path):
    tensors = {str(index): TENSOR for index in range(MAX_TENSORS + 1)}
    with pytest.raises(ValueError, match="10,001 tensors"):
        read_weights_header(_file(tmp_path, tensors, 8 * MAX_TENSORS))


def test_a_header_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    def fail(content: bytes) -> Any:
        raise AssertionError(f"{len(content)} bytes were parsed")

    monkeypatch.setattr(weights_header, "parse_bounded", fail)
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    with pytest.raises(ValueError, match="header"):
        read_weights_header(path)
