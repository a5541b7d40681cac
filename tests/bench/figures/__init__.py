"""What is measured, a module a subject; each measures and gives its figures."""
