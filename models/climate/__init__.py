"""Months ahead and decades ahead: outlooks of calendar months, drought, and change of the climate by scenario."""
