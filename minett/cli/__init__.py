"""The command line: reads arguments, makes one call, prints the answer. It holds no rule of its own."""
