"""Energy of a computation in joules: counters where the hardware has them, estimates where it has none."""
