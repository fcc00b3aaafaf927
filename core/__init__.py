"""Zooscope's core: loads timm's CNNs and computes how they see. Knows nothing of Streamlit."""

from core.openmp import set_defaults

set_defaults()  # here, because every module that imports torch is imported after this package
