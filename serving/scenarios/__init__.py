"""What would be said had something else been known, and why it is said."""
