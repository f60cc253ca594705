package main

import "time"

// behaves: this version fails one second after its start, when the database is already migrated.
var behaves = behaviour{exitAfter: time.Second}
