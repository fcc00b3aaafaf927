"""The columns of the tables on the page Trust: their headings, and what they mean."""

HEADINGS = {
    "network": "Network",
    "method": "Method",
    "insertion": "Insertion (higher is better)",
    "deletion": "Deletion (lower is better)",
    "points": "Peak on object",
    "energy": "Heat on object",
    "object": "Object size",
    "agreement": "Agreement with other methods",
    "sanity": "Similarity after randomising (near 0 is right)",
    "sensitivity": "Change under noise (lower is better)",
}
EXPLANATIONS = {
    "insertion": "Mean probability of the class while pixels are added to a blurred picture, those"
    " with the highest saliency first (RISE, Petsiuk et al. 2018).",
    "deletion": "Mean probability of the class while these pixels turn grey.",
    "points": "Whether the highest value of the map lies on the object (pointing game, Zhang et al."
    " 2016).",
    "energy": "Share of the map's positive values that lies on the object.",
    "object": "Share of the picture that the object covers: what a random map would reach.",
    "agreement": "Mean rank correlation with the maps of the other methods, -1 to 1. Near 0 is"
    " usual for integrated gradients: its map is signed and scattered over single pixels, and those"
    " of CAMs are smooth areas.",
    "sanity": "Rank correlation with the map of the same network after the weights of all"
    " convolutions and linear layers were shuffled (Adebayo et al. 2018). A map that stays similar"
    " shows the picture's own structure, such as its edges, more than what the network learned."
    " StageCAM is weak here, since early layers react to edges even with shuffled weights; it is"
    " strong in the tests of area. So believe the area that it marks, not its outline.",
    "sensitivity": "How much noise that nobody can see changes the map, as a share of the map (Yeh"
    " et al. 2019).",
}
