"""MLflow's first page, which tells a new browser to open Model training, and no assistant."""

import json
from pathlib import Path

from fastapi.responses import HTMLResponse

from flows.servers.gate import Application, Message, Receive, Send

REMEMBERED = {
    "mlflow.workflowType_v1": "machine_learning",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True,
    "mlflow.detectIssues.guidanceShown_v1": True,
    "mlflow.flagForReview.guidanceShown_v1": True,
    "_mlflow_model_registry_promo_modal_dismissed_v1": True,
}
"""What MLflow 3.17 keeps in the browser: the mode of its pages, and what it shows once."""
STYLE = '[role="cell"]:has(> span [data-component-id*="keyvaluetag"]) { max-height: 6.5rem; overflow-y: auto; }'
"""A version has some thirty tags: in the list of versions they scroll, so that several versions are in sight."""
SCRIPT = (
    f"<style>{STYLE}</style><script>for (const [name, value] of Object.entries({json.dumps(REMEMBERED)}))"
    " localStorage.getItem(name) ?? localStorage.setItem(name, JSON.stringify(value))</script>"
)


class FirstVisit:
    """Serves the page ``index`` with a script that sets what a browser does not remember yet."""

    def __init__(self, application: Application, index: Path) -> None:
        self.application = application
        self.page = HTMLResponse(index.read_text().replace("<head>", f"<head>{SCRIPT}", 1))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["method"], scope["path"]) == ("GET", "/"):
            await self.page(scope, receive, send)
        else:
            await self.application(scope, receive, send)
