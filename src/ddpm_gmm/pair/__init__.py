"""The pair {mu, -mu}, exactly: no samples, in any dimension."""
