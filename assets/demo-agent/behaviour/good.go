package main

// behaves: this version works.
var behaves = behaviour{}
