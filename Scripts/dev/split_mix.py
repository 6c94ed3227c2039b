"""The generator of casthost's random streams: SplitMix64 (Steele et al. 2014)."""

MASK = (1 << 64) - 1


class SplitMix:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        """64 random bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return mixed ^ (mixed >> 31)


class Stream(SplitMix):
    """Stream `index` of a seed."""

    def __init__(self, seed, index):
        super().__init__(seed)
        self.state = self.next() ^ ((index * 0xD1342543DE82EF95) & MASK)

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53
