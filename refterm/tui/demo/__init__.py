"""The demo on the screen: the wheel of time, the tour, and keys shown for an audience."""
