"""Learners: gradient descent and its Algorithm 1, ladders of noise scales, power iteration."""
