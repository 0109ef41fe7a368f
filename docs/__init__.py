"""The documentation, and the program that writes the pages made from tables."""
