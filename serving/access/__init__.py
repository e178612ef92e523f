"""Who may ask what, how often and how much at once; what is refused and what is not said; and who did what."""
