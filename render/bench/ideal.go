package main

import (
	"io"
	"strconv"
	"strings"
	"sync"
)

// The lower bound: Go written by hand for exactly these pages, appending to one pooled buffer per page and
// escaping with the renderer's own escaper. Nobody would write pages this way.

type idealPage struct {
	pool sync.Pool
	size int
}

func (p *idealPage) write(w io.Writer, f func(b []byte) []byte) error {
	buf, ok := p.pool.Get().(*[]byte)
	if !ok {
		b := make([]byte, 0, p.size)
		buf = &b
	}
	b := f((*buf)[:0])
	_, err := w.Write(b)
	*buf = b
	p.pool.Put(buf)
	return err
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

var idealFortunesPage = idealPage{size: 4 << 10}

func idealFortunes(w io.Writer, rows []Fortune) error {
	return idealFortunesPage.write(w, func(b []byte) []byte {
		b = append(b, `<!DOCTYPE html><html><head><title>Fortunes</title></head><body><table><tr><th>id</th><th>message</th></tr>`...)
		for i := range rows {
			b = append(b, `<tr><td>`...)
			b = appendInt(b, rows[i].ID)
			b = append(b, `</td><td>`...)
			b = appendEscaped(b, rows[i].Message)
			b = append(b, `</td></tr>`...)
		}
		return append(b, `</table></body></html>`...)
	})
}

var idealTablePage = idealPage{size: 256 << 10}

func idealTable(w io.Writer, rows [][]int) error {
	return idealTablePage.write(w, func(b []byte) []byte {
		b = append(b, `<table>`...)
		for _, r := range rows {
			b = append(b, `<tr>`...)
			for _, n := range r {
				b = append(b, `<td>`...)
				b = appendInt(b, n)
				b = append(b, `</td>`...)
			}
			b = append(b, `</tr>`...)
		}
		return append(b, `</table>`...)
	})
}

var (
	idealArticlePage = idealPage{size: 64 << 10}
	idealHalf        = strings.Repeat(`<p class="text">`+articleParagraph+`</p>`, articleParagraphs/2)
)

func idealArticle(w io.Writer, a Article) error {
	return idealArticlePage.write(w, func(b []byte) []byte {
		b = append(b, `<article><h1>An evening</h1><p class="by">For <b>`...)
		b = appendEscaped(b, a.Reader)
		b = append(b, `</b></p>`...)
		b = append(b, idealHalf...)
		b = append(b, `<p class="date">`...)
		b = appendEscaped(b, a.Date)
		b = append(b, `</p>`...)
		b = append(b, idealHalf...)
		return append(b, `</article>`...)
	})
}

var idealCommentsPage = idealPage{size: 256 << 10}

func idealComments(w io.Writer, cs []Comment) error {
	return idealCommentsPage.write(w, func(b []byte) []byte {
		b = append(b, `<ul class="comments">`...)
		for i := range cs {
			b = append(b, `<li><b>`...)
			b = appendEscaped(b, cs[i].Author)
			b = append(b, `</b><p>`...)
			b = appendEscaped(b, cs[i].Text)
			b = append(b, `</p></li>`...)
		}
		return append(b, `</ul>`...)
	})
}

var idealBadgePage = idealPage{size: 256}

func idealBadge(w io.Writer, x Badge) error {
	return idealBadgePage.write(w, func(b []byte) []byte {
		b = append(b, `<span class="badge badge-`...)
		b = appendEscaped(b, x.Tone)
		b = append(b, `" id="`...)
		b = appendEscaped(b, x.ID)
		b = append(b, `">`...)
		b = appendInt(b, x.Value)
		return append(b, `%</span>`...)
	})
}

func idealPrice(b []byte, cents int) []byte {
	b = append(b, `<span class="price">€ `...)
	b = appendInt(b, cents/100)
	b = append(b, `<sup>`...)
	b = appendInt(b, cents%100)
	return append(b, `</sup></span>`...)
}

func idealLinks(b []byte, ls []Link) []byte {
	for i := range ls {
		l := &ls[i]
		if l.Active {
			b = append(b, `<li class="active item"><a href="`...)
		} else {
			b = append(b, `<li class="item"><a href="`...)
		}
		b = appendEscaped(b, l.Href)
		b = append(b, `">`...)
		b = appendEscaped(b, l.Label)
		b = append(b, `</a></li>`...)
	}
	return b
}

func idealCard(b []byte, title string) []byte {
	b = append(b, `<section class="card"><header><h3>`...)
	b = appendEscaped(b, title)
	return append(b, `</h3></header><div class="body">`...)
}

var idealProductPage = idealPage{size: 64 << 10}

func idealProduct(w io.Writer, p *Product) error {
	return idealProductPage.write(w, func(b []byte) []byte {
		b = append(b, `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>`...)
		b = appendEscaped(b, p.Name)
		b = append(b, `</title></head><body><nav class="main"><ul>`...)
		b = idealLinks(b, p.Nav)
		b = append(b, `</ul></nav><main><ol class="crumbs">`...)
		b = idealLinks(b, p.Crumbs)
		b = append(b, `</ol><div class="product"><img src="`...)
		b = appendEscaped(b, p.Image)
		b = append(b, `" alt="`...)
		b = appendEscaped(b, p.Name)
		b = append(b, `"><h1>`...)
		b = appendEscaped(b, p.Name)
		b = append(b, `</h1><p class="brand">`...)
		b = appendEscaped(b, p.Brand)
		b = append(b, `</p>`...)
		b = idealPrice(b, p.Price)
		if p.Stock > 0 {
			b = append(b, `<p class="stock">`...)
			b = appendInt(b, p.Stock)
			b = append(b, ` in stock</p>`...)
		} else {
			b = append(b, `<p class="stock none">sold out</p>`...)
		}
		b = append(b, `<p class="description">`...)
		b = appendEscaped(b, p.Description)
		b = append(b, `</p><ul class="features">`...)
		for _, f := range p.Features {
			b = append(b, `<li>`...)
			b = appendEscaped(b, f)
			b = append(b, `</li>`...)
		}
		b = append(b, `</ul><table class="specs">`...)
		for i := range p.Specs {
			b = append(b, `<tr><th>`...)
			b = appendEscaped(b, p.Specs[i].Name)
			b = append(b, `</th><td>`...)
			b = appendEscaped(b, p.Specs[i].Value)
			b = append(b, `</td></tr>`...)
		}
		b = append(b, `</table></div><div class="reviews">`...)
		for i := range p.Reviews {
			r := &p.Reviews[i]
			b = idealCard(b, r.Title)
			b = append(b, `<span class="stars" title="`...)
			b = appendInt(b, r.Stars)
			b = append(b, ` of 5">`...)
			for k := range 5 {
				if k < r.Stars {
					b = append(b, `<i class="on">★</i>`...)
				} else {
					b = append(b, `<i>☆</i>`...)
				}
			}
			b = append(b, `</span><p class="author">`...)
			b = appendEscaped(b, r.Author)
			if r.Verified {
				b = append(b, `<em class="verified">verified</em>`...)
			}
			b = append(b, `</p><p>`...)
			b = appendEscaped(b, r.Text)
			b = append(b, `</p></div></section>`...)
		}
		b = append(b, `</div><div class="related">`...)
		for i := range p.Related {
			r := &p.Related[i]
			b = idealCard(b, r.Name)
			b = append(b, `<a href="`...)
			b = appendEscaped(b, r.Href)
			b = append(b, `"><img src="`...)
			b = appendEscaped(b, r.Image)
			b = append(b, `" alt="`...)
			b = appendEscaped(b, r.Name)
			b = append(b, `" loading="lazy"></a>`...)
			if r.Badge != "" {
				b = append(b, `<span class="badge badge-`...)
				b = appendEscaped(b, r.Badge)
				b = append(b, `">`...)
				b = appendEscaped(b, r.Badge)
				b = append(b, `</span>`...)
			}
			b = idealPrice(b, r.Price)
			b = append(b, `</div></section>`...)
		}
		return append(b, `</div></main><footer><p>© Nord</p></footer></body></html>`...)
	})
}
