"""The links from values to verified forecasts, each of which works on the data at rest and can be run again."""
