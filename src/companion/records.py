"""What a notebook says of a claim: values, never verdicts.

``record`` puts the values into the cell's output under a MIME type of its own, so that an executed
notebook is the whole evidence; ``read`` collects them again.
"""

import math

import numpy as np
from IPython.display import display

MIME = "application/vnd.ddpm-gmm-companion.claim+json"


def _floats(name, value):
    array = np.atleast_1d(np.asarray(value, dtype=float))
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: got shape {array.shape}, must be a number or one per seed")
    # JSON has no NaN; spelled out it survives to the reader, which fails the claim by name.
    return [x if math.isfinite(x) else str(x) for x in array.tolist()]


def record(claim: str, value, *, control) -> None:
    """Record the measured value of a claim and the value its control gave.

    Parameters
    ----------
    claim : str
        The id in its contract, as "lemma-08.remainder-order".
    value : float or array (seeds,)
        The measurement; one per seed where the claim is sampled.
    control : float or array (seeds,)
        The same measurement on the deliberately wrong input that the contract describes.
    """
    payload = {
        "claim": str(claim),
        "value": _floats("value", value),
        "control": _floats("control", control),
    }

    def short(values):
        low, *rest = sorted(map(float, values))
        return f"{low:.6g}" if not rest else f"{low:.6g} to {rest[-1]:.6g} ({len(values)} seeds)"

    text = f"{claim}: {short(payload['value'])}; control: {short(payload['control'])}"
    display({MIME: payload, "text/plain": text}, raw=True)


def read(notebook) -> list[dict]:
    """All records in an executed notebook (as parsed from its file), in order, with their cells."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            payload = output.get("data", {}).get(MIME)
            if payload is not None:
                found.append(
                    {
                        "claim": payload["claim"],
                        "cell": cell.get("id"),
                        "value": [float(x) for x in payload["value"]],
                        "control": [float(x) for x in payload["control"]],
                    }
                )
    return found
