"""How forecasts did as they were issued, and what triggers would have been."""
