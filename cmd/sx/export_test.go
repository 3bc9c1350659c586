package main

// Main is main, for the scripts.
func Main() { main() }
