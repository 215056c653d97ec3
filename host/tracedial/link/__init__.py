"""From a port's name to samples: streams of bytes, the dial's protocol seen from the host, and finding dials."""
