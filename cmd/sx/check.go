package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/sx"
)

func checkCommand() *command {
	return &command{
		name:  "check",
		usage: "[--strict] [DIR]",
		short: "prints every error and warning of all files",
		run:   runCheck,
	}
}

func runCheck(_ context.Context, c *call) error {
	strict := c.flags.Bool("strict", false, "flag raw! too, and fail on warnings")
	if err := c.parse(1); err != nil {
		return err
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	found, sent, err := checkDir(os.DirFS(dir), filepath.Join(dir, "assets"), *strict)
	if err != nil {
		return err
	}
	failed := len(found.Errors()) > 0 || *strict && len(found) > 0
	switch {
	case c.json:
		fmt.Fprintf(c.stdout, "%s\n", sx.ExplainJSON(found))
	case len(found) > 0:
		c.report(c.stderr, found)
		if failed {
			fmt.Fprintf(c.stderr, "%s\n", counts(found))
		}
		if failed {
			c.noteGoApp(dir)
		}
	default:
		c.noteEmpty(dir)
	}
	if failed {
		return errReported
	}
	if c.json {
		return nil
	}
	return c.listSent(sent)
}

// listSent lists what browsers get of the program's source.
func (c *call) listSent(sent []page.SentDefinition) error {
	if len(sent) == 0 {
		return nil
	}
	fmt.Fprintln(c.stdout, "sent to browsers as source, with what it reads of records and lists:")
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, d := range sent {
		fmt.Fprint(w, "  ", d.Name, "\t", d.Place)
		if len(d.Reads) > 0 {
			fmt.Fprint(w, "\t", strings.Join(d.Reads, "; "))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// noteGoApp says, after errors, why this command may know less than the program that serves a folder.
func (c *call) noteGoApp(dir string) {
	if isGoApp(dir) && !c.json {
		fmt.Fprintf(c.stderr, "this folder is a Go program: what it registers from Go is unknown to %s\n", c.name)
	}
}

// notLoaded reports why an application did not load.
func (c *call) notLoaded(dir string, err error) error {
	c.report(c.stderr, err)
	c.noteGoApp(dir)
	return errReported
}

// checkDir gives every diagnostic of an application, and what of it is sent to browsers. The error is one that has no
// place in its files.
func checkDir(fsys fs.FS, assets string, strict bool) (sx.Diagnostics, []page.SentDefinition, error) {
	prog, sent, err := loadApp(fsys, assets)
	var found, failed sx.Diagnostics
	if prog != nil {
		found = prog.Diagnostics() // the warnings too
	}
	if err != nil && !errors.As(err, &failed) {
		var one *sx.Error
		if !errors.As(err, &one) {
			return nil, nil, err
		}
		failed = sx.Diagnostics{one}
	}
	for _, e := range failed {
		if !slices.Contains(found, e) { // found after the program was analysed, such as in a script
			found = append(found, e)
		}
	}
	if strict {
		more, err := rawUses(fsys)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, more...)
	}
	return found, sent, nil
}

// loadApp loads an application without starting anything: no migration runs, no database is opened. The program comes
// back of an application that fails, too, unless its files cannot be read.
func loadApp(fsys fs.FS, assets string) (prog *sx.Program, sent []page.SentDefinition, err error) {
	note := sx.WithUses(func(p *sx.Program, _ map[*sx.Source][]sx.Use) { prog = p })
	app, err := page.New(withoutMigrations{fsys}, page.WithDevelopment(), page.WithTests(), page.WithLogger(slog.New(slog.DiscardHandler)),
		page.WithBundler(newBundler(assets)), page.WithProgram(note))
	if err != nil {
		return prog, nil, err
	}
	return app.Program(), app.Sent(), app.Shutdown(context.Background())
}

// withoutMigrations hides the folder migrations.
type withoutMigrations struct{ fs.FS }

// Open implements fs.FS.
func (w withoutMigrations) Open(name string) (fs.File, error) {
	if name == "migrations" || strings.HasPrefix(name, "migrations/") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return w.FS.Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (w withoutMigrations) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	if name != "." {
		return entries, err
	}
	var out []fs.DirEntry
	for _, e := range entries {
		if e.Name() != "migrations" {
			out = append(out, e)
		}
	}
	return out, err
}

// rawUses returns a warning for each raw!, the one way around escaping.
func rawUses(fsys fs.FS) (sx.Diagnostics, error) {
	srcs, err := sx.ReadFiles(fsys, "")
	if err != nil {
		return nil, err
	}
	var out sx.Diagnostics
	for _, src := range srcs {
		for _, at := range symbolUses(src.Text, "raw!") {
			out = append(out, &sx.Error{
				Kind: sx.WarningKind, Warning: true, Pos: src.Pos(at), End: at + len("raw!"),
				Message: "raw! passes text through unescaped: make sure that nobody else wrote it",
			})
		}
	}
	return out, nil
}

// symbolUses returns the offsets at which a call of name begins, leaving out strings and comments.
func symbolUses(text, name string) []int {
	var out []int
	for i := 0; i < len(text); {
		switch {
		case text[i] == ';' && (i == 0 || text[i-1] != '#'):
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case strings.HasPrefix(text[i:], "#|"):
			end := strings.IndexByte(text[i+2:], '|')
			if end < 0 {
				return out
			}
			i += 2 + end + 1
		case text[i] == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i++
		case strings.HasPrefix(text[i:], name) && i > 0 && strings.IndexByte(" \t\n(", text[i-1]) >= 0 &&
			(i+len(name) == len(text) || strings.IndexByte(" \t\n()", text[i+len(name)]) >= 0):
			out = append(out, i)
			i += len(name)
		default:
			i++
		}
	}
	return out
}

func counts(d sx.Diagnostics) string {
	errs := len(d.Errors())
	warnings := len(d) - errs
	var words []string
	if errs > 0 {
		words = append(words, plural(errs, "error"))
	}
	if warnings > 0 {
		words = append(words, plural(warnings, "warning"))
	}
	return strings.Join(words, ", ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
