"""One module for each work that is measured; each gives rows."""
