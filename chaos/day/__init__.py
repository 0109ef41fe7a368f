"""A day at a company: `make day`. See docs/day.md."""
