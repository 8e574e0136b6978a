"""What our HTML pages have in common: the look, in light and dark, and the drawing of a lineage graph as SVG."""

STYLE = """\
  :root { color-scheme: light dark; --ink: #1d2623; --soft: #5d6b66; --paper: #f6f8f6; --card: #fff;
    --line: #d5ddd8; --edge: #a9b7b0; --green: #2a7d46; --data: #2f6fb0; --check: #2a8c86; --gate: #8a55b8;
    --sum: #b0672a; --code: #6b7680; --keep: #a3453d; --shade: #0000000f; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e6ece8; --soft: #9aa8a1; --paper: #131816; --card: #1c2320;
    --line: #34403a; --edge: #52615a; --green: #5cc480; --data: #72aee8; --check: #5cc6be; --gate: #c297ea;
    --sum: #e6a067; --code: #a2aeb8; --keep: #e88a80; --shade: #0006; } }
  * { box-sizing: border-box; }
  body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
    max-width: 92rem; padding: 1.6rem 1.2rem 3rem; }
  h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
  .reason { color: var(--soft); margin: .2rem 0 1rem; }
  dl { display: flex; flex-wrap: wrap; gap: .3rem 1.8rem; margin: 0 0 1.2rem; }
  dt { font-size: .75rem; letter-spacing: .05em; text-transform: uppercase; color: var(--soft); }
  dd { margin: 0; font-variant-numeric: tabular-nums; }
  .panel { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow-x: auto;
    box-shadow: 0 1px 3px var(--shade); }
  svg { display: block; min-width: {{ (picture.width * 0.72) | int }}px; width: 100%; height: auto;
    max-width: {{ (picture.width * 1.15) | int }}px; margin: 0 auto; }
  svg text { fill: var(--ink); font: 13px ui-monospace, "DejaVu Sans Mono", monospace; }
  svg .heading { fill: var(--soft); font: 600 12px system-ui, sans-serif; letter-spacing: .06em; }
  svg .kind { fill: var(--hue); font: 600 10.5px system-ui, sans-serif; letter-spacing: .05em; }
  svg .note { fill: var(--soft); font: 11px system-ui, sans-serif; text-anchor: end; }
  .serving .note { fill: var(--green); font-weight: 700; }
  .box rect { fill: var(--card); stroke: var(--line); }
  .box .bar { fill: var(--hue); stroke: none; stroke-dasharray: none; }
  .box { --hue: var(--code); }
  .batch, .batches { --hue: var(--data); } .validation { --hue: var(--check); }
  .structure, .recipe { --hue: var(--gate); } .statistics { --hue: var(--sum); }
  .version, .versions, .promotion, .rollback { --hue: var(--green); } .decision { --hue: var(--keep); }
  .serving rect { fill: color-mix(in srgb, var(--green) 14%, var(--card)); stroke: var(--green); }
  .batches rect, .versions rect { stroke-dasharray: 4 3; }
  .box:hover rect, a:focus .box rect { stroke: var(--hue); } a { color: var(--data); text-decoration: none; }
  a:hover { text-decoration: underline; }
  .edge { fill: none; stroke: var(--edge); stroke-width: 1.4; transition: stroke .15s, opacity .15s; }
  marker path { fill: var(--edge); }
  svg:has(.box:hover) .edge { opacity: .3; }
  {% for box in picture.boxes %}
  svg:has(#{{ box.id }}:hover) .{{ box.id }} { opacity: 1; stroke: var(--green); stroke-width: 2; }
  {% endfor %}
  table { border-collapse: collapse; width: 100%; font-size: .92rem; }
  th, td { text-align: left; vertical-align: top; padding: .4rem .8rem; }
  th { font-weight: 600; color: var(--soft); } tr + tr { border-top: 1px solid var(--line); }
  code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
"""
DRAWING = """\
<div class="panel">
<svg viewBox="0 0 {{ picture.width }} {{ picture.height }}" role="img" aria-label="Lineage of {{ title }}">
<defs><marker id="tip" viewBox="0 0 8 8" refX="3" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0,0 L8,4 L0,8 z"/></marker></defs>
{% for x, name in picture.headings %}<text class="heading" x="{{ x }}" y="26">{{ name | upper }}</text>{% endfor %}
{% for line in picture.lines %}
<path class="edge {{ line.lit_by }}" d="{{ line.path }}" marker-end="url(#tip)">
<title>{{ line.relation }}</title></path>
{% endfor %}
{% for box in picture.boxes %}
{% if box.link %}<a href="{{ box.link }}">{% endif %}
<g class="box {{ box.kind }}{{ ' serving' if box.serving }}" id="{{ box.id }}"><title>{{ box.tooltip }}</title>
<rect x="{{ box.x }}" y="{{ box.y }}" width="{{ width }}" height="{{ height }}" rx="7"/>
<rect class="bar" x="{{ box.x }}" y="{{ box.y + 8 }}" width="4" height="{{ height - 16 }}" rx="2"/>
<text class="kind" x="{{ box.x + 14 }}" y="{{ box.y + 17 }}">{{ box.kind | upper }}{{ ' ↗' if box.link }}</text>
<text class="note" x="{{ box.x + width - 10 }}" y="{{ box.y + 17 }}">{{ box.note }}</text>
<text x="{{ box.x + 14 }}" y="{{ box.y + 35 }}">{{ box.label }}</text></g>
{% if box.link %}</a>{% endif %}
{% endfor %}
</svg>
</div>
"""
