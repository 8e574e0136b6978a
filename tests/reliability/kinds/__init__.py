"""The kinds of attack: kills, failing disks, damage, races, sequences, hostile files, strangers, a soak."""
