package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sx-framework/sxgo/page"
)

// buildStatic writes the pages without parameters and without IO, the assets they link and public/ as files.
// Pages that need a server are named, not written.
func (c *call) buildStatic(ctx context.Context, dir, out string) error {
	fsys := os.DirFS(dir)
	app, err := page.New(withoutMigrations{fsys}, page.WithLogger(slog.New(slog.DiscardHandler)),
		page.WithBundler(newBundler(filepath.Join(dir, "assets"))), page.WithSecret("static"))
	if err != nil {
		return err
	}
	defer app.Shutdown(context.Background())
	s := &staticSite{app: app, out: out, seen: map[string]bool{}}
	var skipped []string
	missing := true
	for _, r := range app.Routes() {
		switch {
		case r.Kind == "error page" && r.Path == "404" && !r.Static:
			skipped, missing = append(skipped, notFoundFile), false
		case r.Kind != "page":
		case strings.Contains(r.Path, "<") || !r.Static:
			skipped = append(skipped, r.Path)
		default:
			if err := s.write(ctx, r.Path); err != nil {
				return fmt.Errorf("%s (%s): %w", r.Path, r.Place, err)
			}
		}
	}
	if missing {
		if err := s.writeNotFound(ctx); err != nil {
			return err
		}
	}
	if err := s.copyPublic(dir); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s  %s, %s\n", out, plural(s.pages, "page"), plural(s.files, "file"))
	for _, p := range skipped {
		fmt.Fprintf(c.stderr, "left out %s: it has parameters or needs a server\n", p)
	}
	return nil
}

// staticSite writes what an application answers into a folder.
type staticSite struct {
	app          *page.App
	out          string
	seen         map[string]bool
	pages, files int
}

func (s *staticSite) ask(ctx context.Context, url string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, url+"?_sx=flat", nil)
	w := httptest.NewRecorder()
	s.app.ServeHTTP(w, r)
	return w
}

func (s *staticSite) get(ctx context.Context, url string) (*httptest.ResponseRecorder, error) {
	w := s.ask(ctx, url)
	if w.Code != http.StatusOK {
		return nil, fmt.Errorf("answers with status %d", w.Code)
	}
	return w, nil
}

// write writes the page at a path, and the files of the framework that it links.
func (s *staticSite) write(ctx context.Context, url string) error {
	w, err := s.get(ctx, url)
	if err != nil {
		return err
	}
	name := path.Join(strings.Trim(url, "/"), "index.html")
	if path.Ext(url) != "" {
		name = strings.Trim(url, "/")
	}
	s.pages++
	if err := s.save(name, w.Body.Bytes()); err != nil {
		return err
	}
	return s.linked(ctx, w.Body.Bytes())
}

// notFoundFile is what static hosts answer with where there is no file.
const notFoundFile = "404.html"

// writeNotFound writes the page for addresses that do not exist, the program's own or the built-in one, unless something
// of the application claims the file's name.
func (s *staticSite) writeNotFound(ctx context.Context) error {
	w := s.ask(ctx, "/"+notFoundFile)
	if w.Code != http.StatusNotFound {
		return nil
	}
	s.files++
	if err := s.save(notFoundFile, w.Body.Bytes()); err != nil {
		return err
	}
	return s.linked(ctx, w.Body.Bytes())
}

// linked saves every /_sx/ file that a page names in src and href.
func (s *staticSite) linked(ctx context.Context, html []byte) error {
	for _, attr := range []string{`src="/_sx/`, `href="/_sx/`} {
		for rest := html; ; {
			_, after, ok := bytes.Cut(rest, []byte(attr))
			if !ok {
				break
			}
			tail, more, _ := bytes.Cut(after, []byte(`"`))
			rest = more
			url := "/_sx/" + string(tail)
			if s.seen[url] {
				continue
			}
			s.seen[url] = true
			w, err := s.get(ctx, url)
			if err != nil {
				return fmt.Errorf("%s: %w", url, err)
			}
			s.files++
			if err := s.save(strings.TrimPrefix(url, "/"), w.Body.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *staticSite) copyPublic(dir string) error {
	list, err := publicFiles(filepath.Join(dir, "public"))
	if err != nil {
		return err
	}
	for _, f := range list {
		s.files++
		if err := s.save(f.name, f.data); err != nil {
			return err
		}
	}
	return nil
}

func (s *staticSite) save(name string, data []byte) error {
	file := filepath.Join(s.out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
