"""Answers to questions: what is held in memory, and what is worked out when somebody asks."""
