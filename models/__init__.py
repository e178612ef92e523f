"""What is forecast, and by what: targets, hazards, estimators, forecasters, issued forecasts."""
