"""Benchmarks. Each module is a command that prints its figures and how they were measured."""
