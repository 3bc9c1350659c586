package main

import (
	"fmt"
	"strings"
)

// The data of the workloads. Every engine gets the same values, as the Go types it would get in an
// application.

// Fortune is a row of W1, from TechEmpower's "Fortunes" test.
type Fortune struct {
	ID      int
	Message string
}

func fortunes() []Fortune {
	messages := []string{
		"A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1",
		"A computer program does what you tell it to do, not what you want it to do.",
		"A computer scientist is someone who fixes things that aren't broken.",
		"A list is only as strong as its weakest link. — Donald Knuth",
		"Additional fortune added at request time.",
		"After enough decimal places, nobody gives a damn.",
		"Any program that runs right is obsolete.",
		"Computers make very fast, very accurate mistakes.",
		"Emacs is a nice operating system, but I prefer UNIX. — Tom Christaensen",
		"Feature: A bug with seniority.",
		"fortune: No such file or directory",
		`<script>alert("This should not be displayed in a browser alert box.");</script>`,
		"フレームワークのベンチマーク",
	}
	out := make([]Fortune, len(messages))
	for i, m := range messages {
		out[i] = Fortune{i + 1, m}
	}
	return out
}

// table is W2: 1000 rows of 10 integers.
func table() [][]int {
	rows := make([][]int, 1000)
	for i := range rows {
		rows[i] = make([]int, 10)
		for j := range rows[i] {
			rows[i][j] = (i*7919 + j*104729) % 100000
		}
	}
	return rows
}

// Link is an entry of a navigation.
type Link struct {
	Href, Label string
	Active      bool
}

// Spec is a line of a product's data sheet.
type Spec struct{ Name, Value string }

// Review is a customer's opinion.
type Review struct {
	Author, Title, Text string
	Stars               int
	Verified            bool
}

// Related is a product shown beside another one.
type Related struct {
	Name, Href, Image, Badge string
	Price                    int
}

// Product is W3.
type Product struct {
	Name, Brand, Description, Image string
	Price, Stock                    int
	Nav, Crumbs                     []Link
	Features                        []string
	Specs                           []Spec
	Reviews                         []Review
	Related                         []Related
}

func product() *Product {
	p := &Product{
		Name: "Field Kettle 1.2 L", Brand: "Nord & Sons", Image: "/img/kettle.jpg", Price: 4990, Stock: 12,
		Description: strings.Repeat("Boils water on any stove, pours without a drip, and lasts: the handle is riveted, not glued. ", 8),
	}
	for i, s := range []string{"Kitchen", "Camping", "Garden", "Tools", "Gifts", "Sale"} {
		p.Nav = append(p.Nav, Link{"/c/" + strings.ToLower(s), s, i == 1})
	}
	for i, s := range []string{"Home", "Camping", "Cooking", "Kettles"} {
		p.Crumbs = append(p.Crumbs, Link{fmt.Sprintf("/p/%d", i), s, i == 3})
	}
	for i := range 10 {
		p.Features = append(p.Features, fmt.Sprintf("Feature %d: more than you'd expect of a \"kettle\"", i+1))
	}
	for i := range 16 {
		p.Specs = append(p.Specs, Spec{fmt.Sprintf("Measure %d", i+1), fmt.Sprintf("%d mm ± %d", 100+i*13, i%4)})
	}
	for i := range 20 {
		p.Reviews = append(p.Reviews, Review{
			Author: fmt.Sprintf("Customer %d", i+1), Title: "Does what it says", Stars: 1 + i%5, Verified: i%3 == 0,
			Text: strings.Repeat("I have used it every day since spring and it still looks new. It's quick & quiet. ", 6),
		})
	}
	for i := range 12 {
		p.Related = append(p.Related, Related{
			Name: fmt.Sprintf("Companion %d", i+1), Href: fmt.Sprintf("/p/%d?ref=kettle&pos=%d", 400+i, i),
			Image: fmt.Sprintf("/img/c%d.jpg", i), Badge: []string{"new", "sale", ""}[i%3], Price: 990 + i*250,
		})
	}
	return p
}

// articleText is the static text of W4, the same for all engines: 50 KB in paragraphs.
const (
	articleParagraphs = 100
	articleParagraph  = "The quick brown fox jumps over the lazy dog while the band plays on; nobody in the room minds, " +
		"as the evening is long and the windows are open. Later the same fox is seen again, at the edge of the wood, " +
		"with a look that says as much as three pages of print. What it says is left to the reader, who has time. " +
		"Rain comes in from the west, the lamps are lit, and one after the other the guests take their coats from the hooks, " +
		"thank the host and go home along the river, talking."
)

// Article is what changes in W4.
type Article struct{ Reader, Date string }

func article() Article { return Article{"Ada <3", "12 May"} }

// Comment is an entry of W5: 500 bytes full of what needs escaping.
type Comment struct{ Author, Text string }

func comments() []Comment {
	out := make([]Comment, 200)
	text := strings.Repeat(`if a < b && c > d { say("it's 'fine'") } `, 12) + "& so on"
	for i := range out {
		out[i] = Comment{fmt.Sprintf("user<%d>", i), text}
	}
	return out
}

// Badge is W6.
type Badge struct {
	Tone, ID string
	Value    int
}

func badge() Badge { return Badge{"ok", "cpu", 42} }
