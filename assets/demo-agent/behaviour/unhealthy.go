package main

import "time"

// behaves: this version goes on running, but its health endpoint says after one second that it fails.
var behaves = behaviour{unhealthyAfter: time.Second}
