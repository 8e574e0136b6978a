"""What the tests of a federation share."""
