"""Files for tests that are not what they seem."""
