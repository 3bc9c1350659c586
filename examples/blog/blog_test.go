package main

import (
	"context"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/page/pagetest"
)

func browse(t *testing.T) *pagetest.Browser {
	t.Helper()
	app, err := open()
	if err != nil {
		t.Fatal(err)
	}
	b := pagetest.New(t, app)
	t.Cleanup(func() { app.Shutdown(context.Background()) })
	return b
}

func TestBlog(t *testing.T) {
	b := browse(t)
	p := b.Visit("/")
	var titles []string
	for _, e := range p.All(".teaser h2") {
		titles = append(titles, e.Text())
	}
	if got := strings.Join(titles, ", "); got != "Late is fine, Lists all the way" {
		t.Errorf("posts: %s", got)
	}
	if p.Find("nav a[aria-current=page]").Text() != "Posts" {
		t.Error("the navigation does not say where it is")
	}

	post := p.Click("Late is fine")
	if post.Path() != "/posts/late-is-fine" || post.Title() != "Late is fine · Notes" {
		t.Errorf("got %s %q", post.Path(), post.Title())
	}
	if got := post.Find("article ol").Text(); got != "the shell, what is quick, what is slow." {
		t.Errorf("markdown: %q", got)
	}
	if post.Has("article script") || strings.Contains(post.Find("article").HTML(), "<script>") {
		t.Error("markup in a post reached the page")
	}
	if got := post.Find("time").Text(); got != "02 April 2026" {
		t.Errorf("date: %q", got)
	}
	if got := post.Find("meta[name=description]").Attr("content"); !strings.HasPrefix(got, "Show the page first") {
		t.Errorf("description: %q", got)
	}
	tag := post.Header.Get("Etag")
	if tag == "" || post.Header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("caching: %v", post.Header)
	}
	b.Header.Set("If-None-Match", tag)
	if again := b.Visit("/posts/late-is-fine"); again.Status != 304 || again.Header.Get("Content-Security-Policy") != "" {
		t.Errorf("conditional: %d %v", again.Status, again.Header)
	}
	b.Header.Del("If-None-Match")

	gone := b.Visit("/posts/nothing")
	if gone.Status != 404 || !strings.Contains(gone.Text(), "There is no such post.") || gone.Click("All posts").Path() != "/" {
		t.Errorf("404: %d %s", gone.Status, gone.Text())
	}
	if none := b.Visit("/nowhere"); none.Status != 404 || none.Title() != "Not here · Notes" {
		t.Errorf("404: %d %q", none.Status, none.Title())
	}
}

func TestFeed(t *testing.T) {
	p := browse(t).Visit("/feed.xml")
	if p.Header.Get("Content-Type") != "application/rss+xml; charset=utf-8" {
		t.Errorf("content type %q", p.Header.Get("Content-Type"))
	}
	var feed struct {
		Items []struct {
			Title string `xml:"title"`
			Link  string `xml:"link"`
			Date  string `xml:"pubDate"`
		} `xml:"channel>item"`
	}
	if err := xml.Unmarshal([]byte(p.Body), &feed); err != nil {
		t.Fatalf("%v in\n%s", err, p.Body)
	}
	if len(feed.Items) != 2 || feed.Items[0].Title != "Late is fine" || feed.Items[1].Date != "Sat, 14 Mar 2026 00:00:00 GMT" || feed.Items[0].Link != "https://blog.example/posts/late-is-fine" {
		t.Errorf("got %+v", feed.Items)
	}
}
