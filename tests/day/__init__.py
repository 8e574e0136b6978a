"""A day of a user, played on real servers in a real browser; its pictures are those of the documentation."""
