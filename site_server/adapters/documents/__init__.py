"""Counting the pages of documents, in a process that may die of a hostile one."""
