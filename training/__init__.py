"""From questions and outcomes to a champion: examples, folds, scores, backtests, tracking."""
