"""Studies: experiments that train many small networks, and compare what they have learned."""
