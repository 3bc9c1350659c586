// Package page serves sites that are written in .sx files: pages with data, layouts and streaming, forms and
// actions, sessions, a database, live slots and sockets. A person writes a whole site without Go; Go adds
// primitives, guards and streams where it is wanted.
//
// An application is loaded into an immutable site: the program, its routes, its assets. Requests run on the
// site that was current when they came; Reload swaps another one in. A page is evaluated in this order:
// guards, :data (which decides the status), the shell; then the header is sent, the shell with it, and each
// boundary when it is ready. Before the header an error chooses status and page; after it, it fills its
// boundary and goes to the log.
//
//	app, err := page.New(os.DirFS("app"),
//		page.WithPrimitive("load-article", "(load-article slug)", loadArticle),
//		page.WithGuard("login", requireLogin))
//	if err != nil {
//		log.Fatal(err) // sx.Diagnostics: every error with file:line:col
//	}
//	err = app.Run(ctx) // or http.Handle("/", app.Handler()), or app.Mount(echoInstance)
//
// An App is safe for concurrent use. Bounded are: bodies (10 MiB), fields, boundaries of a page and of the
// process, time up to the shell (30 s), live connections per address; see Limits.
//
// The standards: RFC 9110 (HTTP semantics), RFC 6265bis (cookies, the __Host- prefix), Content Security Policy
// Level 3, Trusted Types, Fetch Metadata, WHATWG HTML ("template", the for attribute; "Server-sent events").
package page
