"""Demonstrations: the whole chain on a simulated province or on real cases, and examples of answers."""
