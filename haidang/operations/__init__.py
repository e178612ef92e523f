"""What runs by itself: the jobs, when they are due, how they are run, and what is told when one fails."""
