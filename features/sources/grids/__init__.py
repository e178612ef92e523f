"""Gridded fields from files, and what they are at the sites."""
