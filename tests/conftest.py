"""Profiles of the laws: `pytest --hypothesis-profile thorough --timeout 900` looks for longer."""

from hypothesis import settings

settings.register_profile("thorough", max_examples=5_000, deadline=None)
