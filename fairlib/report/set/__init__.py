"""How is it set? The same blocks as HTML, PDF, workbook, and the executed notebooks as pages."""
