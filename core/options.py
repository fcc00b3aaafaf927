"""The values that an option of a method may have."""

Option = str | int | float | bool | None
