// Command blog is an example: a blog whose posts are Markdown files. Go adds three primitives, everything else
// is written in .sx files.
package main

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/yuin/goldmark"

	"github.com/sx-framework/sxgo/page"
)

//go:embed *.sx components pages assets public posts
var files embed.FS

// Post is what pages see of a post; its fields become :slug :title :date :summary :body.
type Post struct {
	Slug, Title, Date, Summary, Body string
}

// open loads the blog.
func open(opts ...page.Option) (*page.App, error) {
	posts, err := load(files)
	if err != nil {
		return nil, err
	}
	return page.New(files, append(opts,
		page.WithPrimitive("load-posts", func() []Post { return posts }),
		page.WithPrimitive("load-post", func(slug string) *Post { return find(posts, slug) }, "(load-post slug)"),
		page.WithPrimitive("markdown", markdown, "(markdown text)"),
	)...)
}

// load reads posts/*.md: lines of "name: value", an empty line, the text. The newest comes first.
func load(fsys fs.FS) ([]Post, error) {
	names, err := fs.Glob(fsys, "posts/*.md")
	if err != nil {
		return nil, err
	}
	var posts []Post
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		head, body, ok := strings.Cut(string(data), "\n\n")
		if !ok {
			return nil, fmt.Errorf("%s: no empty line after the head", name)
		}
		p := Post{Slug: strings.TrimSuffix(path.Base(name), ".md"), Body: body}
		for line := range strings.SplitSeq(head, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "title":
				p.Title = value
			case "date":
				p.Date = value
			case "summary":
				p.Summary = value
			default:
				return nil, fmt.Errorf("%s: unknown line %q", name, line)
			}
		}
		posts = append(posts, p)
	}
	sort.Slice(posts, func(i, j int) bool { return posts[i].Date > posts[j].Date })
	return posts, nil
}

func find(posts []Post, slug string) *Post {
	for i := range posts {
		if posts[i].Slug == slug {
			return &posts[i]
		}
	}
	return nil
}

// markdown returns HTML. goldmark leaves out HTML in the text and dangerous links unless told otherwise, so what
// it gives is safe.
func markdown(text string) (string, error) {
	var b bytes.Buffer
	if err := goldmark.Convert([]byte(text), &b); err != nil {
		return "", err
	}
	return b.String(), nil
}
