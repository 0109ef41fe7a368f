"""Install steps: they put beside the checkout what Python's own lock cannot bring (ADR 0002).

Standard library only, because `tools.setup` runs before anything is installed.
`python -m tools.setup` makes `.venv` from the locks; `.venv/bin/python -m tools` then fills
`.tools/`. Every step first looks whether its work is done, so a second run takes a moment, and a
step that cannot go on raises `StepError` with the one command that helps.
"""
