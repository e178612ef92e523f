"""The commands of the command line by subject, each of which imports by itself what only it needs."""
