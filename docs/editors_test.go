package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The folder of the editors is an extension: everything that it names is there, and its script can be read.
func TestEditorsFolderIsAnExtension(t *testing.T) {
	data, err := os.ReadFile("editors/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var pkg struct {
		Main        string
		Contributes struct {
			Languages []struct {
				ID, Configuration string
				Extensions        []string
			}
			Grammars []struct{ Language, Path string }
		}
	}
	if err := json.Unmarshal(data, &pkg); err != nil {
		t.Fatal(err)
	}
	language, grammar := pkg.Contributes.Languages[0], pkg.Contributes.Grammars[0]
	if language.ID != "sx" || grammar.Language != "sx" || language.Extensions[0] != ".sx" {
		t.Errorf("got %+v %+v", language, grammar)
	}
	for _, name := range []string{pkg.Main, language.Configuration, grammar.Path} {
		if _, err := os.Stat(filepath.Join("editors", name)); err != nil {
			t.Error(err)
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node to read the script with")
	}
	if out, err := exec.Command(node, "--check", "editors/extension.js").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
