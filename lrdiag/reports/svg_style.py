"""Styles of the SVG pictures, shared by files and the HTML page."""

from __future__ import annotations

# Blue and orange, green, purple: told apart under the common colour-vision deficiencies
# (Okabe and Ito 2008, darkened to a contrast of 3:1 on white); validation lines are thicker.
LIGHT = (
    "--ground:#fff;--ink:#1c2430;--quiet:#5b6675;--line:#cfd6de;--segment:#eef2f6;"
    "--train:#2a6fb0;--val:#c4500c;--lr:#5a4fa2;--recall:#00795a;--precision:#8a6d00;--f1:#a8327d;"
    "--auc:#4a6b1f;--error:#b3261e;--warning:#8a5a00;--note:#47617f"
)
DARK = (
    "--ground:#14181d;--ink:#e6eaef;--quiet:#a3adb9;--line:#37414d;--segment:#1d242c;"
    "--train:#6fb1ee;--val:#ff9a5a;--lr:#b0a6f5;--recall:#3fc79b;--precision:#d9b534;--f1:#ef82c4;"
    "--auc:#a5cf6a;--error:#ff8a80;--warning:#f0b43c;--note:#9db7d6"
)
CHART = """
.chart text{font:11px system-ui,sans-serif;fill:var(--ink)}
.chart .title{font-weight:600}.chart .y,.chart .unit{text-anchor:end;fill:var(--quiet)}
.chart .x{text-anchor:middle;fill:var(--quiet)}
.chart path{fill:none;stroke-linejoin:round}
.chart .curves path{stroke-linecap:round}
.chart .frame{stroke:var(--quiet)}.chart .grid{stroke:var(--line);stroke-dasharray:1 3}
.chart .segment{fill:var(--segment)}
.chart .drop{stroke:var(--ink);stroke-dasharray:5 3;opacity:.75}
.chart .drop.configured{stroke-dasharray:1 3}.chart .drop.from_loss{stroke-dasharray:8 3 1 3}
.chart .rise{stroke:var(--val);stroke-dasharray:2 3}
.chart .curves path{stroke-width:14}.chart .curves .val{stroke-width:20}
.chart .train{stroke:var(--train)}.chart .val{stroke:var(--val)}.chart .lr{stroke:var(--lr)}
.chart .curves .lr{stroke-width:20}
.chart .recall{stroke:var(--recall)}.chart .precision{stroke:var(--precision)}
.chart .f1{stroke:var(--f1)}.chart .auc{stroke:var(--auc)}.chart .key{stroke-width:3}
.chart .curves .noise{stroke:none;fill-opacity:.16}
.chart .noise.train{fill:var(--train)}.chart .noise.val{fill:var(--val)}
.chart .proposed{stroke:var(--recall);stroke-dasharray:50 30}
.chart .best{fill:var(--ground);stroke:var(--val);stroke-width:2}
.chart .key.proposed{stroke-dasharray:5 3;stroke-width:2}.chart .label{font-size:10px}
.chart .inside{fill:var(--ground)}
.chart .broken{fill:var(--error);text-anchor:middle;font-weight:700}
.chart .found{opacity:.1}.chart .found.error,.chart rect.error{fill:var(--error)}
.chart .found.warning,.chart rect.warning{fill:var(--warning)}.chart rect.note{fill:var(--note)}
""".strip().replace("\n", "")
FILE_STYLE = (
    f":root{{{LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{DARK}}}}}"
    f".ground{{fill:var(--ground)}}{CHART}"
)
