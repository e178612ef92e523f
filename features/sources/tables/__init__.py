"""Tables of one's own, read by a declared mapping of their columns."""
