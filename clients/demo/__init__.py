"""The demo of `make demo`: a sample project, a server of its own in .omoi-demo, one idea from its words to a pull request."""
