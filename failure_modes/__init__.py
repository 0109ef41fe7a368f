"""Pure decisions of a print site: facts in, decisions out. No clock, chance, I/O, logs or async."""
