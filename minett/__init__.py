"""Minett: the open platform that runs an AI Factory."""
