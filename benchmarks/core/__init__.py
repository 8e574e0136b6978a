"""What every benchmark needs: data sets and streams, records on disk, the machine, what work cost."""
