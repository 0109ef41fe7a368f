"""One figure per file, each measured beside a peer in the same run.

`make bench-NAME` runs `bench.NAME`; its last line is the figure (see `bench.figure`). Machines
differ and are noisy: only the ratio to the peer of the same run means something.
"""
