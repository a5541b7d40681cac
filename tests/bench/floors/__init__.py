"""The least that a program of each kind can cost; ratios are taken against these."""
