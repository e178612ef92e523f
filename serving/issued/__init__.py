"""What was issued: how it is made, under which id, how it is read, and what came of it."""
