"""The folder of a deployment: one writer at a time, few files, and back-ups."""
