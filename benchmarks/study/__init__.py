"""The study: whether gates settle earlier than weights, and from where on the solved model needs no more."""
