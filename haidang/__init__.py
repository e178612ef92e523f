"""The command line and the jobs; the only package that may import all the others."""
