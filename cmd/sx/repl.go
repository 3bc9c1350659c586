package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"

	"github.com/peterh/liner"

	"github.com/sx-framework/sxgo/sx"
)

func replCommand() *command {
	return &command{
		name:  "repl",
		usage: "[--io] [DIR]",
		short: "evaluates what you type, with history",
		run:   runRepl,
	}
}

func runRepl(ctx context.Context, c *call) error {
	withIO := c.flags.Bool("io", false, "allow primitives that reach the world outside")
	if err := c.parse(1); err != nil {
		return err
	}
	opts, done, err := languageOptions(*withIO)
	if err != nil {
		return err
	}
	defer done()
	s := &session{opts: opts, defs: map[string]*sx.Source{}}
	if len(c.args) == 1 {
		dir, err := c.dir()
		if err != nil {
			return err
		}
		if s.files, err = definitionsIn(dir); err != nil {
			return err
		}
	}
	lines, err := c.lineReader(s)
	if err != nil {
		return err
	}
	defer lines.close()
	// A script wants to know whether what it piped in was right; a person has seen it.
	piped := !terminal(c.stdin)
	var last error
	for {
		text, err := readForm(lines)
		switch {
		case errors.Is(err, io.EOF):
			return last
		case errors.Is(err, liner.ErrPromptAborted):
			continue
		case err != nil:
			return err
		case strings.TrimSpace(text) == "":
			continue
		case text == ":quit" || text == ":q":
			return last
		}
		// Ctrl-C ends the evaluation, not the session.
		evalCtx, stop := signal.NotifyContext(ctx, os.Interrupt)
		out, err := s.eval(evalCtx, text)
		stop()
		if err != nil {
			c.report(c.stderr, err)
			if piped {
				last = errReported
			}
		}
		if out != "" {
			fmt.Fprintln(c.stdout, out)
		}
	}
}

// session is what has been defined so far. A definition replaces an older one of the same name.
type session struct {
	opts  []sx.Option
	files []*sx.Source
	defs  map[string]*sx.Source
	order []string
	turn  int
}

// eval evaluates text, keeps its definitions when nothing is wrong with them, and gives what to print.
func (s *session) eval(ctx context.Context, text string) (string, error) {
	s.turn++
	src := sx.NewSource("repl", text)
	forms, err := sx.Read(src, sx.Limits{})
	if err != nil {
		return "", err
	}
	fresh := map[string]*sx.Source{}
	for _, form := range forms {
		if name := definedName(form); name != "" {
			fresh[name] = sx.NewSource("repl", sx.Serialize(form))
			if len(forms) == 1 {
				fresh[name] = src // as typed, so that positions in later messages are right
			}
		}
	}
	srcs := append([]*sx.Source(nil), s.files...)
	for _, name := range s.order {
		if fresh[name] == nil {
			srcs = append(srcs, s.defs[name])
		}
	}
	prog, err := sx.LoadSources(append(srcs, src), append(s.opts[:len(s.opts):len(s.opts)], sx.WithMain("value"))...)
	if err != nil {
		return "", err
	}
	var names []string
	for name, def := range fresh {
		if s.defs[name] == nil {
			names = append(names, name)
		}
		s.defs[name] = def
	}
	sort.Strings(names)
	s.order = append(s.order, names...)
	if len(forms) == len(fresh) {
		return "", nil
	}
	v, err := prog.Main(ctx)
	if err != nil {
		return "", err
	}
	return sx.Serialize(v), nil
}

// names returns what can be completed.
func (s *session) names() []string {
	prog, err := sx.LoadSources(s.files, s.opts...)
	if err != nil {
		return s.order
	}
	out := append([]string(nil), s.order...)
	for _, p := range prog.Primitives() {
		out = append(out, p.Name)
	}
	for _, f := range prog.Specials() {
		out = append(out, f.Name)
	}
	for _, d := range prog.Definitions() {
		out = append(out, d.Name)
	}
	sort.Strings(out)
	return out
}

// definedName returns the name that a top-level form defines, or "".
func definedName(form sx.Value) string {
	if form.Kind() != sx.KindList || len(form.List().Items) < 2 {
		return ""
	}
	head, name := form.List().Items[0], form.List().Items[1]
	if head.Kind() != sx.KindSymbol {
		return ""
	}
	switch head.Text() {
	case "define", "defcomp", "defmacro":
	default:
		return ""
	}
	if name.Kind() == sx.KindList && len(name.List().Items) > 0 { // (define (f a) …)
		name = name.List().Items[0]
	}
	if name.Kind() != sx.KindSymbol {
		return ""
	}
	return name.Text()
}

// readForm reads lines until they hold whole forms.
func readForm(lines lineReader) (string, error) {
	var text strings.Builder
	prompt := "sx> "
	for {
		line, err := lines.line(prompt)
		if err != nil {
			if errors.Is(err, io.EOF) && text.Len() > 0 {
				return text.String(), nil // the reader says what is open
			}
			return "", err
		}
		text.WriteString(line)
		if _, err := sx.Read(sx.NewSource("repl", text.String()), sx.Limits{}); !sx.IsIncomplete(err) {
			lines.remember(text.String())
			return text.String(), nil
		}
		text.WriteString("\n")
		prompt = "  | "
	}
}

// lineReader is a terminal with history, or a plain stream.
type lineReader interface {
	line(prompt string) (string, error)
	remember(text string)
	close()
}

func (c *call) lineReader(s *session) (lineReader, error) {
	if !terminal(c.stdin) || !terminal(c.stdout) {
		scanner := bufio.NewScanner(c.stdin)
		scanner.Buffer(nil, 16<<20)
		return plainLines{scanner}, nil
	}
	fmt.Fprintf(c.stdout, "sx %s · Tab completes, Ctrl-D ends\n", version())
	state := liner.NewLiner()
	state.SetCtrlCAborts(true)
	state.SetMultiLineMode(true)
	state.SetWordCompleter(func(line string, pos int) (head string, completions []string, tail string) {
		from := strings.LastIndexAny(line[:pos], " ()[]{}'`,\"") + 1
		for _, name := range s.names() {
			if strings.HasPrefix(name, line[from:pos]) {
				completions = append(completions, name)
			}
		}
		return line[:from], completions, line[pos:]
	})
	t := &terminalLines{state: state}
	if dir, err := os.UserCacheDir(); err == nil {
		t.history = filepath.Join(dir, "sx", "history")
		if f, err := os.Open(t.history); err == nil {
			state.ReadHistory(f)
			f.Close()
		}
	}
	return t, nil
}

type plainLines struct{ *bufio.Scanner }

func (p plainLines) line(string) (string, error) {
	if p.Scan() {
		return p.Text(), nil
	}
	if err := p.Err(); err != nil {
		return "", err
	}
	return "", io.EOF
}
func (plainLines) remember(string) {}
func (plainLines) close()          {}

type terminalLines struct {
	state   *liner.State
	history string
}

func (t *terminalLines) line(prompt string) (string, error) { return t.state.Prompt(prompt) }

func (t *terminalLines) remember(text string) {
	t.state.AppendHistory(strings.ReplaceAll(text, "\n", " "))
}

func (t *terminalLines) close() {
	if t.history != "" && os.MkdirAll(filepath.Dir(t.history), 0o700) == nil {
		if f, err := os.OpenFile(t.history, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err == nil {
			t.state.WriteHistory(f)
			f.Close()
		}
	}
	t.state.Close()
}

// definitionsIn returns the sources below a folder without what only pages have, such as defpage.
func definitionsIn(dir string) ([]*sx.Source, error) {
	srcs, err := sx.ReadFiles(os.DirFS(dir), "")
	if err != nil {
		return nil, err
	}
	var out []*sx.Source
	for _, src := range srcs {
		forms, err := sx.Read(src, sx.Limits{})
		if err != nil {
			return nil, err
		}
		all := true
		for _, form := range forms {
			all = all && definedName(form) != ""
		}
		if all {
			out = append(out, src)
			continue
		}
		for _, form := range forms {
			if definedName(form) != "" {
				out = append(out, sx.NewSource(src.Name, sx.Serialize(form)))
			}
		}
	}
	return out, nil
}
