"""The training lab: experiments that train a network while a person watches."""
