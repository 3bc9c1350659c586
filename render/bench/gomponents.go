package main

import (
	"io"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

func itoa(n int) string { return strconv.Itoa(n) }

func gomFortunes(w io.Writer, rows []Fortune) error {
	return h.Doctype(h.HTML(h.Head(h.TitleEl(g.Text("Fortunes"))), h.Body(h.Table(
		h.Tr(h.Th(g.Text("id")), h.Th(g.Text("message"))),
		g.Map(rows, func(f Fortune) g.Node {
			return h.Tr(h.Td(g.Text(itoa(f.ID))), h.Td(g.Text(f.Message)))
		}))))).Render(w)
}

func gomTable(w io.Writer, rows [][]int) error {
	return h.Table(g.Map(rows, func(r []int) g.Node {
		return h.Tr(g.Map(r, func(n int) g.Node { return h.Td(g.Text(itoa(n))) }))
	})).Render(w)
}

func gomParagraphs() g.Node {
	return g.Map(make([]struct{}, articleParagraphs/2), func(struct{}) g.Node {
		return h.P(h.Class("text"), g.Text(articleParagraph))
	})
}

func gomArticle(w io.Writer, a Article) error {
	return h.Article(h.H1(g.Text("An evening")), h.P(h.Class("by"), g.Text("For "), h.B(g.Text(a.Reader))),
		gomParagraphs(), h.P(h.Class("date"), g.Text(a.Date)), gomParagraphs()).Render(w)
}

func gomComments(w io.Writer, cs []Comment) error {
	return h.Ul(h.Class("comments"), g.Map(cs, func(c Comment) g.Node {
		return h.Li(h.B(g.Text(c.Author)), h.P(g.Text(c.Text)))
	})).Render(w)
}

func gomBadge(w io.Writer, b Badge) error {
	return h.Span(h.Class("badge badge-"+b.Tone), h.ID(b.ID), g.Text(itoa(b.Value)), g.Text("%")).Render(w)
}

func gomPrice(cents int) g.Node {
	return h.Span(h.Class("price"), g.Text("€ "), g.Text(itoa(cents/100)), h.Sup(g.Text(itoa(cents%100))))
}

func gomLinks(ls []Link) g.Node {
	return g.Map(ls, func(l Link) g.Node {
		class := "item"
		if l.Active {
			class = "active item"
		}
		return h.Li(h.Class(class), h.A(h.Href(l.Href), g.Text(l.Label)))
	})
}

func gomCard(title string, body ...g.Node) g.Node {
	return h.Section(h.Class("card"), h.Header(h.H3(g.Text(title))), h.Div(h.Class("body"), g.Group(body)))
}

func gomReview(r Review) g.Node {
	stars := make([]g.Node, 5)
	for i := range stars {
		if i < r.Stars {
			stars[i] = h.I(h.Class("on"), g.Text("★"))
		} else {
			stars[i] = h.I(g.Text("☆"))
		}
	}
	return gomCard(r.Title,
		h.Span(h.Class("stars"), g.Attr("title", itoa(r.Stars)+" of 5"), g.Group(stars)),
		h.P(h.Class("author"), g.Text(r.Author), g.If(r.Verified, h.Em(h.Class("verified"), g.Text("verified")))),
		h.P(g.Text(r.Text)))
}

func gomRelated(r Related) g.Node {
	return gomCard(r.Name,
		h.A(h.Href(r.Href), h.Img(h.Src(r.Image), h.Alt(r.Name), g.Attr("loading", "lazy"))),
		g.If(r.Badge != "", h.Span(h.Class("badge badge-"+r.Badge), g.Text(r.Badge))),
		gomPrice(r.Price))
}

func gomProduct(w io.Writer, p *Product) error {
	stock := h.P(h.Class("stock none"), g.Text("sold out"))
	if p.Stock > 0 {
		stock = h.P(h.Class("stock"), g.Text(itoa(p.Stock)), g.Text(" in stock"))
	}
	return h.Doctype(h.HTML(h.Lang("en"), h.Head(h.Meta(h.Charset("utf-8")), h.TitleEl(g.Text(p.Name))),
		h.Body(h.Nav(h.Class("main"), h.Ul(gomLinks(p.Nav))),
			h.Main(h.Ol(h.Class("crumbs"), gomLinks(p.Crumbs)),
				h.Div(h.Class("product"), h.Img(h.Src(p.Image), h.Alt(p.Name)), h.H1(g.Text(p.Name)),
					h.P(h.Class("brand"), g.Text(p.Brand)), gomPrice(p.Price), stock,
					h.P(h.Class("description"), g.Text(p.Description)),
					h.Ul(h.Class("features"), g.Map(p.Features, func(f string) g.Node { return h.Li(g.Text(f)) })),
					h.Table(h.Class("specs"), g.Map(p.Specs, func(s Spec) g.Node {
						return h.Tr(h.Th(g.Text(s.Name)), h.Td(g.Text(s.Value)))
					}))),
				h.Div(h.Class("reviews"), g.Map(p.Reviews, gomReview)),
				h.Div(h.Class("related"), g.Map(p.Related, gomRelated))),
			h.Footer(h.P(g.Text("© Nord")))))).Render(w)
}
