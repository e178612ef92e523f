"""The shared datasets: what everybody may see, part by part, and in bulk files."""
