"""What every flow needs: the flow decorator, runtime, session, outcome, error messages, batch selection."""
