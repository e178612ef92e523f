"""Tracks of tropical cyclones, and what they are at the sites."""
