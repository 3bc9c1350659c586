// Package examples holds the applications beside it, so that the sx command can start new projects from them.
package examples

import (
	"embed"
	"io/fs"
)

// FS returns the files of the examples that a project may start from, one folder each.
func FS() fs.FS { return files }

//go:embed chat dashboard todo
var files embed.FS
