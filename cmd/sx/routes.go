package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sx-framework/sxgo/page"
)

func routesCommand() *command {
	return &command{
		name:  "routes",
		usage: "[DIR]",
		short: "lists pages, handlers, streams and sockets with their files",
		run:   runRoutes,
	}
}

func runRoutes(_ context.Context, c *call) error {
	if err := c.parse(1); err != nil {
		return err
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	app, err := page.New(withoutMigrations{os.DirFS(dir)}, page.WithDevelopment(), page.WithLogger(slog.New(slog.DiscardHandler)),
		page.WithBundler(newBundler(filepath.Join(dir, "assets"))))
	if err != nil {
		return c.notLoaded(dir, err)
	}
	defer app.Shutdown(context.Background())
	routes := app.Routes()
	slices.SortStableFunc(routes, func(x, y page.RouteInfo) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Method, y.Method))
	})
	if c.json {
		return c.routesJSON(routes)
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, r := range routes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", cmp.Or(r.Method, "*"), r.Path, r.Kind, r.Name, r.Place)
	}
	return w.Flush()
}

// routesJSON writes the routes as a list of objects.
func (c *call) routesJSON(routes []page.RouteInfo) error {
	type row struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Kind   string `json:"kind"`
		Name   string `json:"name"`
		Place  string `json:"place"`
	}
	rows := []row{}
	for _, r := range routes {
		rows = append(rows, row{cmp.Or(r.Method, "*"), r.Path, r.Kind, r.Name, r.Place})
	}
	enc := json.NewEncoder(c.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(rows)
}
