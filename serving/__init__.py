"""Answers: the shelf of promoted forecasters, issuing, the in-memory answers and the BentoML service."""
