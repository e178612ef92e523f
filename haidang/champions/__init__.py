"""Who answers: champions are watched, retrained, challenged before the gate, held back and rolled back."""
