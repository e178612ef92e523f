"""HTTP: the gate before every request, and how answers, formats and errors are sent."""
