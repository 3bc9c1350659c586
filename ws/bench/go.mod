module github.com/sx-framework/sxgo/ws/bench

go 1.26.0

replace github.com/sx-framework/sxgo => ../..

require (
	github.com/coder/websocket v1.8.15
	github.com/gobwas/ws v1.5.0
	github.com/gorilla/websocket v1.5.3
	github.com/sx-framework/sxgo v0.0.0-00010101000000-000000000000
)

require (
	github.com/a-h/templ v0.3.977 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
)
