"""How does a notebook show a figure? With an alternative text, and drawn the same way every time."""

import io

import matplotlib.pyplot as plt
from IPython.display import Image, display
from matplotlib.axes import Axes


def load_ipython_extension(_shell: object) -> None:
    """`%load_ext fairlib.notebook` loads what draws, before a cell needs it; it touches no name of the notebook.

    The kernels of the chain do it while the notebook before is still running.
    """


def show(axes: Axes, alt: str) -> None:
    """Show the figure of some axes as a picture with an alternative text, and close it.

    The numbers behind a figure belong printed beside it: pictures are not compared between runs.
    """
    figure = axes.get_figure()
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
    display(Image(content.getvalue(), format="png"), metadata={"image/png": {"alt": alt}})
