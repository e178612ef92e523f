"""One file per provider; each yields batches of entries with both clocks."""
