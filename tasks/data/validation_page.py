"""One self-contained HTML page a validation: readable offline, nothing is loaded from anywhere."""

from pathlib import Path
from typing import Any

from tasks.core.templates import HEAD, template
from tasks.core.workspace import Workspace, checked_name

TEMPLATE = (
    HEAD
    + """\
<title>{{ dataset }} {{ batch }}: {{ 'passed' if passed else 'failed' }}</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --good: #2a7d46; --bad: #b3362b; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; }
  tr { border-bottom: 1px solid var(--line); }
  .good { color: var(--good); } .bad { color: var(--bad); } strong { white-space: nowrap; }
  code { font-size: .9em; overflow-wrap: anywhere; }
</style>
<h1>Batch <code>{{ batch }}</code> of {{ dataset }}:
  <span class="{{ 'good' if passed else 'bad' }}">{{ 'passed' if passed else 'failed' }}</span></h1>
{% if failures %}
<h2>Why it failed</h2>
<ul>{% for failure in failures %}<li>{{ failure }}</li>{% endfor %}</ul>
{% endif %}
{% if checks %}
<h2>Checks</h2>
<table>
  <tr><th>Result</th><th>Promise</th><th>Seen</th><th>Expectation</th></tr>
  {% for check in checks %}
  <tr>
    <td><strong class="{{ 'good' if check.success else 'bad' }}">
      {{- '✓ kept' if check.success else '✗ broken' }}</strong></td>
    <td>{{ check.title }}</td><td>{{ check.seen }}</td><td><code>{{ check.expectation }}</code></td>
  </tr>
  {% endfor %}
</table>
{% endif %}
<h2>Statistics</h2>
<table>
  {% for name, value in statistics.items() %}
  <tr><th>{{ name.replace('_', ' ') }}</th><td>{{ value }}</td></tr>
  {% endfor %}
</table>
{% if links %}
<h2>Great Expectations Data Docs</h2>
<ul>{% for name, link in links.items() %}<li><a href="{{ link }}">{{ name }}</a></li>{% endfor %}</ul>
{% endif %}
</html>
"""
)


def render(**content: Any) -> str:
    """The page of one validation as HTML; every value is escaped."""
    return template(TEMPLATE).render(**content)


def seen(result: dict[str, Any]) -> str:
    """What Great Expectations saw, from one expectation of its ``describe_dict()``."""
    found = result.get("result", {})
    if "unexpected_count" in found:
        return f"{found['unexpected_count']} unexpected of {found['element_count']}"
    value = found.get("observed_value", "")
    return f"{len(value)} values" if isinstance(value, list) and len(value) > 5 else str(value)


PAGE = "validation.html"


VALIDATION = "validation"


def validation_page(dataset: str, batch: str) -> Path:
    """Where the validation page of a batch lies, if there is one."""
    return Workspace.current().data_docs / checked_name(dataset) / batch / PAGE
