package main

import "time"

// behaves: this version looks well for two seconds and then fails, at every start.
var behaves = behaviour{exitAfter: 2 * time.Second}
