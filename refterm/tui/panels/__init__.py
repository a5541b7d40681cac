"""Panels over the desk: help, history, insights, profiles, choosers, the palette."""
