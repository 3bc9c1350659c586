package todo_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page"
	"github.com/sx-framework/sxgo/page/pagetest"
)

// open starts the application with its data in a folder.
func open(t *testing.T, data string) *page.App {
	t.Helper()
	app, err := page.New(os.DirFS("."), page.WithData(data), page.WithSecret("test"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Shutdown(context.Background()) })
	return app
}

func list(p *pagetest.Page) string {
	var out []string
	for _, li := range p.All(".todos li") {
		s := li.Find("span").Text()
		if strings.Contains(li.Attr("class"), "done") {
			s += " (done)"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestTodo(t *testing.T) {
	data := t.TempDir()
	app := open(t, data)
	b := pagetest.New(t, app)
	p := b.Visit("/")
	if p.Path() != "/todos" || p.Title() != "0 to do" || !strings.Contains(p.Text(), "Nothing to do") {
		t.Fatalf("start: %s %q %s", p.Path(), p.Title(), p.Text())
	}
	for _, title := range []string{"buy milk", "<b>bold</b> & 'quoted'"} {
		p = p.Form("form.add").Fill("title", title).Submit()
		if p.Status != 200 || p.Path() != "/todos" {
			t.Fatalf("add: %d at %s: %s", p.Status, p.Path(), p.Body)
		}
	}
	if got := list(p); got != "buy milk, <b>bold</b> & 'quoted'" {
		t.Errorf("after adding: %s", got)
	}

	bad := p.Form("form.add").Fill("title", strings.Repeat("x", 201)).Submit()
	if bad.Status != 422 || bad.Find("#title-problem").Text() != "The title must be at most 200 characters." {
		t.Errorf("too long: %d %s", bad.Status, bad.Text())
	}
	if in := bad.Find("#title"); in.Attr("value") != strings.Repeat("x", 201) || in.Attr("aria-invalid") != "true" || !bad.Has("#title[autofocus]") {
		t.Errorf("the input is not kept: %s", in.HTML())
	}
	if empty := p.Form("form.add").Submit(); empty.Status != 422 || !strings.Contains(empty.Text(), "The title is required.") || list(empty) != list(p) {
		t.Errorf("empty: %d %s", empty.Status, empty.Text())
	}

	p = p.Click("Done: buy milk")
	if got := list(p); got != "<b>bold</b> & 'quoted', buy milk (done)" || p.Title() != "1 to do" {
		t.Errorf("after ticking: %s, %s", got, p.Title())
	}
	p = p.Click("Not done: buy milk").Click("Done: buy milk").Click("Delete <b>bold</b> & 'quoted'")
	if got := list(p); got != "buy milk (done)" {
		t.Errorf("after deleting: %s", got)
	}

	// The rows survive a restart.
	app.Shutdown(context.Background())
	p = pagetest.New(t, open(t, data)).Visit("/todos")
	if got := list(p); got != "buy milk (done)" {
		t.Errorf("after a restart: %s", got)
	}
	p = p.Click("Remove what is done")
	if got := list(p); got != "" {
		t.Errorf("after clearing: %s", got)
	}
}
