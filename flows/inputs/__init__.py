"""What flows and commands are asked for, validated and checked before Prefect is imported."""
