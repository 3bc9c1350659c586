package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/sx-framework/sxgo/examples"
)

//go:embed templates
var templateFiles embed.FS

// template is a project to start from.
type template struct {
	name  string
	files fs.FS
}

// projectTemplates returns the templates, in the order in which help names them. Those that are examples of this
// repository are taken from there, so that they cannot drift apart.
func projectTemplates() []template {
	sub := func(fsys fs.FS, dir string) fs.FS {
		out, err := fs.Sub(fsys, dir)
		if err != nil {
			panic(err) // a name above that is not a path: a programming mistake
		}
		return out
	}
	var out []template
	for _, name := range []string{"minimal", "dashboard", "chat", "todo", "go"} {
		if _, err := fs.Stat(templateFiles, "templates/"+name); err == nil {
			out = append(out, template{name, sub(templateFiles, "templates/"+name)})
		} else if _, err := fs.Stat(examples.FS(), name); err == nil {
			out = append(out, template{name, sub(examples.FS(), name)})
		}
	}
	return out
}

func newCommand() *command {
	return &command{
		name:  "new",
		usage: "NAME [--template minimal|dashboard|chat|todo|go]",
		short: "makes a working project with tests and a README",
		run:   runNew,
	}
}

// A project's name becomes a folder, an executable and a module path.
var projectName = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,63}$`)

func runNew(ctx context.Context, c *call) error {
	which := c.flags.String("template", "minimal", "what to start from: minimal, dashboard, chat, todo or go (`name`)")
	if err := c.parse(1); err != nil {
		return err
	}
	if len(c.args) == 0 {
		return usagef("a NAME is missing")
	}
	dir := filepath.Clean(c.args[0])
	name := filepath.Base(dir)
	if !projectName.MatchString(name) {
		return usagef("%q cannot be a project's name: lower-case letters, digits, dots and dashes were expected, a letter first", name)
	}
	list := projectTemplates()
	i := slices.IndexFunc(list, func(t template) bool { return t.name == *which })
	if i < 0 {
		return usagef("no template %q: minimal, dashboard, chat, todo and go exist", *which)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s exists and is not empty", dir)
	}
	if err := writeProject(list[i], dir, name); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "made %s from the template %s\n\n    cd %s\n", dir, *which, dir)
	if *which == "go" {
		switch err := requireModule(ctx, dir); {
		case errors.Is(err, errNoCheckout):
			fmt.Fprintf(c.stdout, "    go mod edit -replace %s=…    # the path of its checkout: this sx is of no published version\n    go mod tidy\n", modulePath)
		case err != nil:
			fmt.Fprintf(c.stdout, "    go mod tidy    # %v\n", err)
		}
		fmt.Fprint(c.stdout, "    go test ./...\n")
	} else {
		fmt.Fprint(c.stdout, "    sx test\n")
	}
	fmt.Fprint(c.stdout, "    sx serve\n")
	return nil
}

// writeProject copies a template. Files named X.txt are X: a go.mod or a main.go would make a module or a
// package of the template itself.
func writeProject(t template, dir, name string) error {
	hasReadme := false
	err := fs.WalkDir(t.files, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || leaveOut(file, d) {
			if err == nil && d.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		if d.IsDir() {
			return nil
		}
		data, err := fs.ReadFile(t.files, file)
		if err != nil {
			return err
		}
		target := file
		for _, ext := range []string{".go.txt", ".mod.txt"} {
			if strings.HasSuffix(target, ext) {
				target = strings.TrimSuffix(target, ".txt")
			}
		}
		text := strings.ReplaceAll(string(data), "{{NAME}}", name)
		hasReadme = hasReadme || target == "README.md"
		return writeNew(filepath.Join(dir, filepath.FromSlash(target)), text)
	})
	if err == nil && !hasReadme {
		err = writeNew(filepath.Join(dir, "README.md"), strings.ReplaceAll(plainReadme, "{{NAME}}", name))
	}
	if err == nil {
		err = writeNew(filepath.Join(dir, ".gitignore"), "/data/\n/dist/\n")
	}
	return err
}

const plainReadme = `# {{NAME}}

    sx serve     # develop: open the address that it prints
    sx test      # run the tests in *_test.sx
    sx build     # dist/{{NAME}}, one executable
`

// leaveOut tells which files of an example belong to this repository alone.
func leaveOut(file string, d fs.DirEntry) bool {
	base := path.Base(file)
	return strings.HasSuffix(base, ".go") || d.IsDir() && (base == "data" || base == "testdata")
}

func writeNew(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

const modulePath = "github.com/sx-framework/sxgo"

// requireModule completes the go.mod of a new project in dir. An sx that was built from a checkout points there,
// because no registry has its version, and takes over what the checkout requires, so that nothing is downloaded.
func requireModule(ctx context.Context, dir string) error {
	file := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if root := checkout(); root != "" {
		own, err := os.ReadFile(filepath.Join(root, "go.mod"))
		if err != nil {
			return err
		}
		sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
		if err != nil {
			return err
		}
		text = fmt.Appendf(text, "\nrequire %s v0.0.0\n\nreplace %s => %s\n\nrequire (\n%s)\n", modulePath, modulePath, root, indirect(string(own)))
		return errors.Join(os.WriteFile(file, text, 0o644), writeNew(filepath.Join(dir, "go.sum"), string(sums)))
	}
	v := version()
	if strings.HasPrefix(v, "devel") {
		text = fmt.Appendf(text, "\nrequire %s v0.0.0\n", modulePath)
		return errors.Join(os.WriteFile(file, text, 0o644), errNoCheckout)
	}
	v, _, _ = strings.Cut(v, "+dirty") // what was not committed has no version
	text = fmt.Appendf(text, "\nrequire %s %s\n", modulePath, v)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	return tidy(ctx, dir)
}

// errNoCheckout says that an sx of no version does not know the checkout that it was built from.
var errNoCheckout = errors.New("the checkout is not known")

// indirect returns the lines of a go.mod that require modules, as those of a module that reaches them through this one.
func indirect(mod string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(mod) {
		switch fields := strings.Fields(line); {
		case strings.HasPrefix(line, "require ("):
			inside = true
		case strings.HasPrefix(line, ")"):
			inside = false
		case inside && len(fields) >= 2:
			fmt.Fprintf(&b, "\t%s %s // indirect\n", fields[0], fields[1])
		}
	}
	return b.String()
}

// checkout returns the folder that this sx was built from, or "". One that was built with -trimpath does not know; it may
// still be inside it, as bin/sx is.
func checkout() string {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if root := filepath.Dir(filepath.Dir(filepath.Dir(file))); ownModule(root) {
			return root
		}
	}
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	for dir := filepath.Dir(exe); ; dir = filepath.Dir(dir) {
		if ownModule(dir) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// ownModule reports whether a folder holds this module.
func ownModule(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && strings.HasPrefix(string(text), "module "+modulePath+"\n")
}

// tidy completes go.mod and go.sum where Go is installed.
func tidy(ctx context.Context, dir string) error {
	tool, err := exec.LookPath("go")
	if err != nil {
		return errors.New("needs Go")
	}
	cmd := exec.CommandContext(ctx, tool, "mod", "tidy")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		last := strings.TrimSpace(string(out))
		if i := strings.LastIndexByte(last, '\n'); i >= 0 {
			last = last[i+1:]
		}
		return fmt.Errorf("failed: %s", last)
	}
	return nil
}
