"""Benchmarks: what Trivium takes, beside a peer doing the same in the same run."""
