"""Benchmarks (`make bench`): what the desk costs, as ratios against floors that are measured in the same run."""
