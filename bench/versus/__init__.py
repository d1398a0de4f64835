"""The same work on Stillage, on its peers and on the bare machine, in turns. scripts/bench starts it."""
