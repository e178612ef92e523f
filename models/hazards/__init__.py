"""One file per hazard; each defines `HAZARD`."""
