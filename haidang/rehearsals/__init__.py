"""Rehearsals: a stretch of the past is lived through day by day, in a folder of its own, with faults."""
