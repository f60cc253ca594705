package main

// knownSchema is the newest database schema this version understands.
const knownSchema = 1
