"""The engines behind the port. Only the wiring of the project names one of them."""
