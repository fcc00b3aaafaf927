"""Zooscope's core: loads timm's CNNs and computes how they see. Knows nothing of Streamlit."""

from core import mps, openmp

# Here, because every module that imports torch is imported after this package.
openmp.set_defaults()
mps.set_defaults()
