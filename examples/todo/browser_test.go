package todo_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
)

// TestTodoInABrowser does the same with scripts on and off: what a person sees must not differ.
func TestTodoInABrowser(t *testing.T) {
	browser := clienttest.Browser(t)
	for _, scripts := range []bool{true, false} {
		name := "scripts on"
		if !scripts {
			name = "scripts off"
		}
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			app := open(t, data)
			srv := httptest.NewServer(app)
			defer srv.Close()
			defer srv.CloseClientConnections()
			v := visitor{t, clienttest.NewTab(t, browser)}
			v.do("open", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
				_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
				return err
			}), chromedp.Navigate(srv.URL+"/todos"), chromedp.WaitVisible("#title"))
			if scripts {
				v.poll("window.Sx && (window.stays = true)")
			}

			v.do("add", chromedp.SendKeys("#title", "buy milk\n"), chromedp.WaitVisible(".todos li"))
			if got := v.text(".todos li span"); got != "buy milk" {
				t.Errorf("added: %q", got)
			}

			long := strings.Repeat("x", 201)
			v.do("fail", chromedp.SetValue("#title", long), chromedp.Click(".add button"), chromedp.WaitVisible("#title-problem"))
			if got := v.text("#title-problem"); got != "The title must be at most 200 characters." {
				t.Errorf("the message: %q", got)
			}
			if got := v.value("#title"); got != long {
				t.Errorf("the input is not kept: %d characters", len(got))
			}
			v.do("the field has the focus", chromedp.WaitVisible("#title:focus"))

			v.do("tick", chromedp.Click(`[aria-label="Done: buy milk"]`), chromedp.WaitVisible(`[aria-label="Not done: buy milk"]`))
			if scripts {
				v.poll("window.stays") // patched in place: the document is the same
			}
			// The rows survive a restart: another process would open the same file.
			app.Shutdown(context.Background())
			srv.CloseClientConnections()
			srv.Config.Handler = open(t, data)
			v.do("come back", chromedp.Navigate(srv.URL+"/todos"), chromedp.WaitVisible(`[aria-label="Not done: buy milk"]`))
			if scripts {
				v.poll("window.Sx")
			}
			v.do("delete", chromedp.Click(`[aria-label="Delete buy milk"]`), chromedp.WaitNotPresent(`[aria-label="Delete buy milk"]`), chromedp.WaitVisible(".quiet"))
			for _, p := range clienttest.Problems(v.tab) {
				if !strings.Contains(p, "422") && !strings.Contains(p, "ERR_CONNECTION") {
					t.Error("the browser reports:", p)
				}
			}
		})
	}
}

// visitor does things in one tab; what fails ends the test.
type visitor struct {
	t   *testing.T
	tab context.Context
}

func (v visitor) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.tab, steps...); err != nil {
		v.t.Fatalf("%s: %v", what, err)
	}
}

func (v visitor) text(selector string) string {
	v.t.Helper()
	s, err := chromedp.Run(v.tab, chromedp.Text(selector))
	if err != nil {
		v.t.Fatal(err)
	}
	return s
}

func (v visitor) value(selector string) string {
	v.t.Helper()
	s, err := chromedp.Run(v.tab, chromedp.Value(selector))
	if err != nil {
		v.t.Fatal(err)
	}
	return s
}

func (v visitor) poll(expression string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.tab, chromedp.Poll[bool]("!!("+expression+")")); err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
}
