"""Helpers of the tests: data, servers, a browser."""
