"""What is measured: speed, skill on simulated years, real cases, drift and the service."""
