"""Table definitions that both servers know: the directory, which travels as pages."""
