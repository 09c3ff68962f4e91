"""Write the synthetic files of a sample contest: `python -m samples --year 2021 --out DIR`."""

import argparse
from pathlib import Path

from samples import YEARS, write_sample

parser = argparse.ArgumentParser(prog="python -m samples", description=__doc__)
parser.add_argument("--year", type=int, required=True, choices=sorted(YEARS))
parser.add_argument("--out", type=Path, required=True, help="the folder to write them into")
args = parser.parse_args()
write_sample(args.year, args.out)
print(f"Synthetic files of {args.year}: {args.out}")
