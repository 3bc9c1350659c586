package sx_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
	"github.com/sx-framework/sxgo/sx/sxtest"
)

// TestExplainGolden compares what people see of the errors of whole programs, loading or running. The
// programs of a file are divided by lines of ---, the files of a program by lines of ;;; FILE name.
func TestExplainGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/explain/*.sx")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		chunks, err := sxtest.Chunks(filepath.Base(file), string(text))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, c := range chunks {
			prog, err := sx.LoadSources(fileSources(c), sx.WithMain("value"), sx.WithDevelopment())
			if err == nil {
				out.WriteString(sx.Explain(prog.Diagnostics()))
				_, err = prog.Main(context.Background())
			}
			out.WriteString(sx.Explain(err) + "---\n")
		}
		sxtest.Golden(t, strings.TrimSuffix(file, ".sx")+".txt", out.String())
	}
}

func fileSources(c sxtest.Chunk) []*sx.Source {
	parts := strings.Split(c.Text, "\n;;; FILE ")
	if len(parts) == 1 {
		return []*sx.Source{sx.NewSource(c.File, c.Text)}
	}
	var sources []*sx.Source
	for _, part := range parts[1:] {
		name, text, _ := strings.Cut(part, "\n")
		sources = append(sources, sx.NewSource(name, text+"\n"))
	}
	return sources
}
