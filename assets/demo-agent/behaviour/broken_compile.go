package main

// behaves: this version was released without being compiled.
var behaves = behaviour{exitAfter: undefinedDuration}
