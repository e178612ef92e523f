"""What is shown: tables for people, JSON for machines, and pages."""
