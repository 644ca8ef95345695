"""Drawing: a program of its own that reads a Vega-Lite specification and writes the SVG of it.

The renderer brings a JavaScript engine of 80 MB along and keeps the interpreter to itself while it draws. In a process
of its own that is given back at once, and whatever goes wrong there ends with it. It opens no connection: the
specification carries its data, and addresses are refused.
"""

import sys

import vl_convert

VERSION = "6.4"


def main() -> None:
    """Draw what stands at the standard input."""
    specification = sys.stdin.buffer.read().decode()
    svg = vl_convert.vegalite_to_svg(specification, vl_version=VERSION, allowed_base_urls=[])
    sys.stdout.buffer.write(svg.encode())


if __name__ == "__main__":
    main()
