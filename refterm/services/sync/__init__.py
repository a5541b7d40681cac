"""Keeping the desk in step with Partner Center: pull, push, and the state of both."""
