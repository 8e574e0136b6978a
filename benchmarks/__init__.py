"""Benchmarks: GreenLightning compared with its peers; `make bench` runs them."""
