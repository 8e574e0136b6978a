"""Real tables and streams as data frames, and the learners that take them."""
