"""Forecasts of others, kept to be scored beside ours."""
