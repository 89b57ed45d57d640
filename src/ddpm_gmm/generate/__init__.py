"""From a score to samples, and how far their law is from the truth."""
