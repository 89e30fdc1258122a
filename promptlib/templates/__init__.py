"""Source text to Template: front matter, inputs, the grammar, the one environment, bounds."""

from promptlib.templates.files import DirectoryFiles, Files, MemoryFiles
from promptlib.templates.inputs import Input
from promptlib.templates.limits import RenderLimits
from promptlib.templates.template import Template, load

__all__ = ["DirectoryFiles", "Files", "Input", "MemoryFiles", "RenderLimits", "Template", "load"]
