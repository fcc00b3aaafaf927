"""The run-time type checker of the tests."""

from beartype import BeartypeConf, beartype

# PEP 484 allows an int wherever a float is annotated.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
