"""Prints the verdict on every case of a file, a line each."""

import json
import sys

from .cases import verdict

if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            print(verdict(json.loads(line)).replace("\n", " "))
