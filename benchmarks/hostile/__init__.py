"""Inputs that are made to stop the server, and what each of them takes."""
