"""Label sets: the classes that lesions may have, and the attributes of lesions and images."""
