"""The spec language: phases, artefact shapes, EARS, the task graph, evaluators and Markdown.

Pure and standard library only, so that the same code runs in the server and inside a sandbox
(Python 3.9 and later). Nothing here opens a file, a socket or a database.
"""
