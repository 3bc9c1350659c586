package bundle

import (
	"os"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The small language need not say what is wrong, since whatever it refuses is tried again with the whole one,
// which does. In its sources calls of the functions that report errors lose their arguments, and places in
// the source text are not noted at all, and what has been set aside for lack of stack is not looked for. The sources themselves stay one and the same for both.

var (
	reports = regexp.MustCompile(`(^|[^\w$.])(fail|deny|wrong|bad|unknown|expected|off|place)\(`)
	noted   = regexp.MustCompile(`(?m)^ *now\._at = [^;\n]*;\n`)
	aside   = regexp.MustCompile(`(?m)^ *if \(\w+ === deep\) return park\([^;\n]*;\n`)
	read    = regexp.MustCompile(`\bnow\._at\b`)
)

// strip takes messages and places out of TypeScript.
func strip(src string) string {
	src = read.ReplaceAllString(noted.ReplaceAllString(aside.ReplaceAllString(src, ""), ""), "null")
	var b strings.Builder
	for {
		m := reports.FindStringSubmatchIndex(src)
		if m == nil {
			break
		}
		name := src[m[4]:m[5]]
		b.WriteString(src[:m[4]])
		end := m[1] + closing(src[m[1]:])
		if name == "place" {
			b.WriteString("null")
		} else {
			b.WriteString(name + "()")
		}
		src = src[end:]
	}
	return b.String() + src
}

// closing returns the length of the arguments that src begins with, and of the bracket after them. It knows
// strings and templates, but not regular expressions with brackets or quotes, of which there are none there.
func closing(src string) int {
	for i, depth := 0, 1; i < len(src); i++ {
		switch c := src[i]; c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"', '\'':
			i += text(src[i+1:], c)
		case '`':
			for i++; i < len(src) && src[i] != '`'; i++ {
				if src[i] == '\\' {
					i++
				} else if strings.HasPrefix(src[i:], "${") {
					i += 1 + closing(src[i+2:])
				}
			}
		}
	}
	return len(src)
}

// text returns the length of a string's rest, with its quote.
func text(src string, quote byte) int {
	for i := 0; i < len(src); i++ {
		if src[i] == '\\' {
			i++
		} else if src[i] == quote {
			return i + 1
		}
	}
	return len(src)
}

// stripped reads sources through strip.
func stripped() api.Plugin {
	return api.Plugin{Name: "strip", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `\.ts$`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			src, err := os.ReadFile(a.Path)
			text := strip(string(src))
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderTS}, err
		})
	}}
}
