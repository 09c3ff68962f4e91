"""The full working: executed notebooks as pages, code folded, in the look of the report."""

import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

# No Jupyter schema uses the format this module checks, and its import takes seconds.
sys.modules.setdefault("rfc3987_syntax", ModuleType("rfc3987_syntax"))

import nbformat  # noqa: E402
from nbconvert import HTMLExporter, TemplateExporter  # noqa: E402
from nbconvert.filters import Highlight2HTML  # noqa: E402

from fairlib.report.results import executed_notebooks  # noqa: E402
from fairlib.report.set.html import TEMPLATES, style  # noqa: E402


def notebook_html(path: Path, lang: str = "en", part: str = "") -> str:
    """An executed notebook as one page that loads nothing; `lang` is the language of its prose.

    Code is folded behind its last line; figures keep the alt text of their output's metadata. The page's
    title is the notebook's first heading, and `part` where the same notebook was run for several.
    """
    notebook = nbformat.read(path, as_version=4)
    title = " · ".join(filter(None, [_heading(notebook) or path.stem, part]))
    resources = {"title": title, "lang": lang, "style": str(style("notebook.css"))}
    # Not HTMLExporter's own, which parses the page for pictures without alt: the template gives them one.
    page, _ = TemplateExporter.from_notebook_node(_exporter(), notebook, resources=resources)
    return page


def _heading(notebook: nbformat.NotebookNode) -> str:
    lines = [line for c in notebook.cells if c.cell_type == "markdown" for line in c.source.splitlines()]
    return next((line[2:].strip() for line in lines if line.startswith("# ")), "")


def save_notebooks(run_dir: Path, folder: Path) -> list[Path]:
    """Write every executed notebook of a run directory into `folder`, in the order of the chain."""
    paths = []
    for name, source in executed_notebooks(run_dir).items():
        target = folder / f"{name}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        part = "" if source.parent == run_dir else source.parent.name
        target.write_text(notebook_html(source, part=part), "utf-8", newline="\n")
        paths.append(target)
    return paths


@lru_cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        template_name="notebook", extra_template_basedirs=[str(TEMPLATES)], embed_images=True
    )
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    exporter.register_filter("highlight_code", Highlight2HTML(pygments_lexer="ipython3", parent=exporter))
    return exporter
