"""The warm runner of `up`: one process with everything imported, which runs commands and flow runs in forks."""
