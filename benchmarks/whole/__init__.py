"""From a file on disk to a promoted champion as a whole process: ours beside a conventional pipeline."""
