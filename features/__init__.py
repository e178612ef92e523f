"""What was known, and what is made of it: variables, sites, the archive with two clocks, features, sources."""
