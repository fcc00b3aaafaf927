"""The type checker that runs inside the tests."""

from beartype import BeartypeConf, beartype

# As PEP 484 has it, an int passes where a float is asked for.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
