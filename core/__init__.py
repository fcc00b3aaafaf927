"""Zooscope's core: loads timm's CNNs and computes how they see. Knows nothing of Streamlit."""
