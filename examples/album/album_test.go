package album_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sx-framework/sxgo/client/clienttest"
	"github.com/sx-framework/sxgo/page"
)

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestAlbumInABrowser uploads a picture in one window and sees it in another; one that is none is refused with the
// caption kept; one that is removed vanishes everywhere, from the disk too.
func TestAlbumInABrowser(t *testing.T) {
	browser := clienttest.Browser(t)
	data := t.TempDir()
	app, err := page.New(os.DirFS("."), page.WithData(data), page.WithSecret("test"))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(app)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		app.Shutdown(context.Background())
		srv.Close()
	})
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 7, 5))); err != nil {
		t.Fatal(err)
	}

	do := func(tab context.Context, what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(tab, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	poll := func(tab context.Context, expression string) {
		t.Helper()
		if _, err := chromedp.Run(tab, chromedp.Poll[bool]("!!("+expression+")")); err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
	}
	adds, watches := clienttest.NewTab(t, browser), clienttest.NewTab(t, browser)
	for _, tab := range []context.Context{watches, adds} {
		do(tab, "open", chromedp.Navigate(srv.URL), chromedp.WaitVisible(".quiet"))
		poll(tab, "window.Sx && document.querySelector('.sx-live') && (window.stays = true)")
	}

	do(adds, "add", chromedp.SetUploadFiles("[name=picture]", []string{write(t, "a.png", picture.Bytes())}),
		chromedp.SendKeys("[name=caption]", "Lake <&>"), chromedp.Click(".add button"))
	for _, tab := range []context.Context{adds, watches} {
		poll(tab, "window.stays && document.querySelector('.pictures img')?.naturalWidth === 7 && document.querySelector('figcaption span').textContent === 'Lake <&>'")
	}
	poll(adds, "document.querySelector('[name=caption]').value === ''")

	do(adds, "add a text", chromedp.SetUploadFiles("[name=picture]", []string{write(t, "a.txt", []byte("no picture"))}),
		chromedp.SendKeys("[name=caption]", "Hills"), chromedp.Click(".add button"), chromedp.WaitVisible("#picture-problem"))
	poll(adds, "window.stays && document.querySelector('#picture-problem').textContent.startsWith('Choose a PNG') && document.querySelector('[name=caption]').value === 'Hills'")
	poll(watches, "document.querySelectorAll('.pictures img').length === 1")

	do(adds, "remove", chromedp.Click("figcaption button"))
	for _, tab := range []context.Context{adds, watches} {
		poll(tab, "window.stays && !document.querySelector('.pictures img')")
	}
	if left, err := filepath.Glob(filepath.Join(data, "uploads", "*")); err != nil || len(left) != 0 {
		t.Errorf("left on the disk: %q, %v", left, err)
	}
	for _, tab := range []context.Context{adds, watches} {
		for _, p := range clienttest.Problems(tab) {
			if !strings.Contains(p, "422") && !strings.Contains(p, "ERR_CONNECTION") {
				t.Error("the browser reports:", p)
			}
		}
	}
}
