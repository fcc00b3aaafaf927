"""Decodes what visitors upload in child processes, with limits of time and memory."""

from core.decoding.decoder import Decoder

__all__ = ["Decoder"]
