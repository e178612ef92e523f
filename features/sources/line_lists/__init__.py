"""Events and cases from line lists: whose, where, when, and when it was known."""
