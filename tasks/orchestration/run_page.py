"""The Markdown page of a flow run: short, and readable in both of Prefect's dashboards."""

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

SPECIAL = re.compile(r"([\\`*\[\]|~])")
PAGE = """\
# {{ title }}
{% if reason %}

{{ reason[0] | upper }}{{ reason[1:] }}.
{% endif %}

{% if failure %}
| | |
|---|---|
| **what failed** | {{ failure.cause }} |
| **what to do** | {{ failure.remedy }} |

{% endif %}
{% if learnt %}
## Learnt
| batch | rows | source | validation |
|---|---:|---|---|
{% for batch in learnt %}
| `{{ batch.batch }}` | {{ "{:,}".format(batch.rows) }} | {{ batch.source }} | \
{{ link("page", batch.page) or "passed" }} |
{% endfor %}
{% if not learnt[0].page %}

Validation pages: `{{ learnt_pages }}` in the workspace
{% endif %}

{% endif %}
{% if planned %}
## Planned
| batch | rows | landed | source | |
|---|---:|---|---|---|
{% for batch in planned %}
| `{{ batch.batch }}` | {{ "{:,}".format(batch.rows) }} | {{ batch.landed_at[:16].replace("T", " ") }} | \
{{ batch.source }} | {{ "waiting, not validated yet" if batch.waiting else "" }} |
{% endfor %}

{% endif %}
{% if compared %}
## {{ "Challenger and champion" if parent else "Scores" }}
{% if parent %}
| score | champion (version {{ parent }}) | this run (version {{ version }}) | difference |
|---|---:|---:|---:|
{% for row in compared if row.champion is not none %}
| {{ row.name }} | {{ "%.4f" % row.champion }} | {{ "%.4f" % row.challenger }} | {{ "%+.4f" % row.difference }} |
{% endfor %}
{% else %}
| score | this run (version {{ version }}) |
|---|---:|
{% for row in compared %}
| {{ row.name }} | {{ "%.4f" % row.challenger }} |
{% endfor %}
{% endif %}

{% if interval %}
The gate{{ ", before the rows held back were learnt too" if compared[-1].name.endswith("held back") }}: \
95 % of the resampled differences in accuracy lie between {{ "%+.4f" % interval[0] }} and \
{{ "%+.4f" % interval[1] }}; not all may lie under {{ "%+.4f" % -interval[2] }}.

{% endif %}
{% endif %}
{% if energy %}
## Energy
| | joules | seconds | g CO2e |
|---|---:|---:|---:|
{% for name, spent in energy.items() %}
| {{ name }} | {{ "{:,.1f}".format(spent.joules) }} | {{ "%.2f" % spent.seconds }} | {{ "%.4f" % spent.gco2e }} |
{% endfor %}

How that is known:
{% for name, spent in energy.items() %}
- {{ name }}: {{ spent.source }}
{% endfor %}

{% endif %}
{% if notes %}
## Notes
{% for note in notes %}
- {{ note }}
{% endfor %}

{% endif %}
{% if aside %}
## Set aside
| batch | source | why |
|---|---|---|
{% for entry in aside %}
| `{{ entry.batch }}` | {{ entry.source }} | {{ entry.reasons | join("; ") }} |
{% endfor %}

Validation pages: `{{ aside_pages }}` in the workspace

{% endif %}
{% if picture %}
## How the structure settled
![Flip rate and weight change by epoch](data:image/png;base64,{{ picture }})

{% endif %}
{% if links %}
## Where it is
{% for name, (address, command) in links.items() %}
- {{ link(name, address) or name }}{% if not address %}: `{{ command }}`{% endif %}

{% endfor %}
{% endif %}
"""


class _Written(str):
    """Markdown of our own making, which is not escaped."""


def render(**content: Any) -> str:
    """The page as Markdown; whatever a file name, a label or a reason says is shown as it is, as text."""
    return _template().render(link=_link, **content)


@cache
def _template() -> "Template":
    from jinja2 import Environment

    environment = Environment(trim_blocks=True, lstrip_blocks=True, finalize=_as_text)
    return environment.from_string(PAGE)


def _as_text(value: Any) -> str:
    """``value`` on one line, with what Markdown or HTML would take as theirs escaped."""
    if isinstance(value, _Written):
        return value
    return SPECIAL.sub(r"\\\1", html.escape(" ".join(str(value).split()), quote=False))


def _link(name: str, address: str | None) -> _Written | None:
    """A link where a dashboard serves the page."""
    return _Written(f"[{_as_text(name)}]({address})") if address else None
