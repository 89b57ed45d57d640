"""The kernel of a run: the build's own Python, whatever kernels a machine has installed.

A kernel is found by its name in folders that anybody may add to (JUPYTER_PATH, a hub's own); a
notebook that ran on another one is evidence of other packages than those of the lock.
"""

import ast
import json
import sys
from pathlib import Path

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from papermill.clientwrap import PapermillNotebookClient

from companion import conditions

# Starts IPython's kernel as its own launcher does, without a configuration of the machine's:
# a user's own is left behind with IPYTHONDIR, for these folders there is no variable.
START = """
import sys
del sys.path[0]
from IPython.core import application
del application.SYSTEM_CONFIG_DIRS[:], application.ENV_CONFIG_DIRS[:]
from ipykernel import kernelapp
kernelapp.launch_new_instance()
"""
# Expressions over the notebook's names; each is answered as JSON.
ASK = {
    "conditions": "__import__('json').dumps(__import__('companion.conditions').conditions.found())",
    "profile": "__import__('json').dumps(profile)",
}


class OwnKernel(AsyncKernelManager):
    """Starts this very Python, in the environment of :mod:`companion.conditions`."""

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-c", START, "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")

    async def start_kernel(self, **how):
        own = Path(self.connection_file).parent
        return await super().start_kernel(env=conditions.environment(own), **how)


class OwnClient(PapermillNotebookClient):
    """Runs a notebook on an own kernel, and asks it at the end under which conditions it ran.

    Parameters
    ----------
    own : an empty folder, for what kernel and IPython keep while they run
    note : dict; takes the answers
    """

    def __init__(self, nb_man, *, own: Path, note: dict, **settings):
        super().__init__(nb_man, **settings)
        self.own, self.note = own, note

    def create_kernel_manager(self) -> OwnKernel:
        self.km = OwnKernel(connection_file=str(self.own / "kernel.json"))
        return self.km

    def papermill_execute_cells(self):
        super().papermill_execute_cells()
        asked = self.kc.execute("", silent=True, user_expressions=ASK)
        answers = self.wait_for_reply(asked)["content"].get("user_expressions", {})
        for name, answer in answers.items():
            if answer["status"] == "ok":
                self.note[name] = json.loads(ast.literal_eval(answer["data"]["text/plain"]))
            else:
                self.note["fault"] = f"{answer['ename']}: {answer['evalue']}"
