"""The report of a hazard: one page that says how good its forecasts are, where and when, and what misled them."""
