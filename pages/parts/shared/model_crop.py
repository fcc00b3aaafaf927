"""The part of the picture that a network sees."""

import streamlit as st
from PIL import Image

from core.pictures import Picture
from core.zoo import Card


def model_crop(card: Card, picture: Picture) -> Image.Image:
    """Return the picture as a network sees it; kept for the session, since large ones take time."""
    crops = st.session_state.setdefault("_crops", {})
    if crops.get("picture") != picture.id:
        crops.clear()
        crops["picture"] = picture.id
    if card.preprocessing not in crops:
        crops[card.preprocessing] = card.preprocessing.crop(picture.image)
    crop: Image.Image = crops[card.preprocessing]
    return crop
