"""How does a notebook show something? Figures, tables and sentences, drawn the same way every time."""

import io
from collections.abc import Iterable
from html import escape

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Image, display
from matplotlib.axes import Axes

from fairlib.dress import dress


def load_ipython_extension(_shell: object) -> None:
    """`%load_ext fairlib.notebook` loads what draws, before a cell needs it; it touches no name of the notebook.

    The kernels of the chain do it while the notebook before is still running.
    """


def show(what: Axes | pd.DataFrame | pd.Series | Iterable[object], words: str = "") -> None:
    """Show a figure with its alternative text; a table, and under it the sentence it comes to; a sentence; or a list.

    The numbers behind a figure belong printed beside it: pictures are not compared between runs.
    """
    if isinstance(what, Axes):
        _draw(what, words)
        return
    if isinstance(what, str):
        words = what
    elif isinstance(what, pd.DataFrame | pd.Series):
        display(dress(what))
    else:
        _list(what)
    if words:
        display({"text/plain": words, "text/html": f"<p><strong>{escape(words)}</strong></p>"}, raw=True)


def _draw(axes: Axes, alt: str) -> None:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes belong to no figure any more")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    display(Image(content.getvalue(), format="png"), metadata={"image/png": {"alt": alt}})


def _list(sentences: Iterable[object]) -> None:
    told = list(map(str, sentences))
    plain = "\n".join(f"· {s}" for s in told)
    html = "".join(f"<li>{escape(s)}</li>" for s in told)
    display({"text/plain": plain, "text/html": f"<ul>{html}</ul>"}, raw=True)
