package sx_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// Every kind that there is has its explanation, once.
func TestErrorKindsExplainEveryKind(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[sx.ErrorKind]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "ErrorKind" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared[sx.ErrorKind(text)] = true
		}
		return true
	})
	if len(declared) < 10 {
		t.Fatalf("%d kinds were found in error.go", len(declared))
	}
	for _, k := range sx.ErrorKinds() {
		if !declared[k.Kind] {
			t.Errorf("%s is explained twice, or does not exist", k.Kind)
		}
		delete(declared, k.Kind)
		if k.Meaning == "" || k.Cure == "" || (k.Example == "") != (k.Message == "") {
			t.Errorf("%s: something is missing: %+v", k.Kind, k)
		}
	}
	for k := range declared {
		t.Errorf("%s is not explained", k)
	}
}
