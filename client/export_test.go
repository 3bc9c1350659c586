package client

import "strings"

// Lacked are the names for which Lacks gives true.
var Lacked = strings.Fields(lacks)
