"""What is at rest in the shape of an answer: issues with their levels of the law, hazards, sites and sources."""
