"""A server that decodes a picture in a child process, prints the child's id, and waits."""

import sys
import time

import psutil
from PIL import Image

from core import images
from core.decoding import Decoder

if __name__ == "__main__":
    decoder = Decoder()
    decoder.read(images.png(Image.new("RGB", (9, 9))))
    sys.stdout.write(f"{psutil.Process().children()[0].pid}\n")
    sys.stdout.flush()
    time.sleep(10**6)
