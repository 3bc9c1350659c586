package main

// The code of the generated peers is made from peer_templ.templ and peer_quick.qtpl by the tools of their
// projects, in the versions that go.mod names.

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -f peer_templ.templ
//go:generate go run github.com/valyala/quicktemplate/qtc@v1.8.0 -file=peer_quick.qtpl
