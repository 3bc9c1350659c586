module github.com/sx-framework/sxgo/render/bench

go 1.26.0

require (
	github.com/a-h/templ v0.3.977
	github.com/sx-framework/sxgo v0.0.0
	github.com/valyala/quicktemplate v1.8.0
	golang.org/x/net v0.62.0
	maragu.dev/gomponents v1.2.0
)

require github.com/valyala/bytebufferpool v1.0.0 // indirect

replace github.com/sx-framework/sxgo => ../..
