"""Execute a notebook as `jupyter execute` does, and whatever else is built on nbclient.

NOTEBOOK FOLDER TARGET [CODE]: in this folder, into this file, after a first cell with this code.
"""

import sys

import nbclient
import nbformat

source, folder, target, *first = sys.argv[1:]
notebook = nbformat.read(source, as_version=4)
notebook.cells[:0] = map(nbformat.v4.new_code_cell, first)
where = {"metadata": {"path": folder}}
nbclient.NotebookClient(notebook, kernel_name="python3", resources=where).execute()
nbformat.write(notebook, target)
