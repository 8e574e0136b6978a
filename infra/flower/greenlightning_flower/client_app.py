"""A site: it sums its rows under the publication that came, signs the sums, and sends nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.client.mod import secaggplus_mod
from flwr.clientapp import ClientApp

from greenlightning.errors import GreenLightningError
from greenlightning.federation import contribute, read_publication
from greenlightning_flower.concealed import conceal, read_terms
from greenlightning_flower.records import REFUSED, to_folder, to_records
from greenlightning_flower.rows import read_rows
from greenlightning_flower.site import Site

app = ClientApp()


@app.train("sums")
def send_sums(message: Message, context: Context) -> Message:
    """Answer a publication with a signed contribution, or with the reason why there is none."""
    with TemporaryDirectory() as place:
        try:
            content = _contribution(Site.of(context), message.content, Path(place))
        except GreenLightningError as error:
            content = RecordDict({REFUSED: ConfigRecord({"cause": error.cause, "remedy": error.remedy})})
    return Message(content, reply_to=message)


def _contribution(site: Site, asked: RecordDict, place: Path) -> RecordDict:
    published = read_publication(to_folder(asked, place / "publication"), site.coordinators)
    batch, md5 = read_rows(site.file, published)
    sent = place / "contribution"
    contribute(published, batch, sent, site.key, site=site.name, fewest_rows=site.fewest_rows, md5=md5)
    return to_records(sent)


@app.train(mods=[secaggplus_mod])
def send_concealed_sums(message: Message, context: Context) -> Message:
    """The same under SecAgg+: the coordinator sees the sum over all sites, and of each its signed counts alone."""
    site = Site.of(context)
    with TemporaryDirectory() as place:
        terms = read_terms(message.content, Path(place) / "publication", site.coordinators)
    batch, md5 = read_rows(site.file, terms[0])
    return Message(conceal(terms, batch, site, md5), reply_to=message)
