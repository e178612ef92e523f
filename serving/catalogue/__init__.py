"""The shared datasets: their columns, their bulk files, and the catalogue that describes them."""
