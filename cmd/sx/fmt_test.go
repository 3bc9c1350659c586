package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// Every .sx file of the repository means the same when it is formatted, and is formatted once and for all.
func TestFormatEverythingInTheRepository(t *testing.T) {
	count := 0
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".sx" {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		before, err := sx.Read(sx.NewSource(name, string(text)), sx.Limits{})
		if err != nil {
			return nil // a test of errors
		}
		count++
		once, err := sx.Format(sx.NewSource(name, string(text)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		after, err := sx.Read(sx.NewSource(name, once), sx.Limits{})
		if err != nil || sx.Serialize(sx.ListOf(sx.NewList(after...))) != sx.Serialize(sx.ListOf(sx.NewList(before...))) {
			t.Errorf("%s: it means something else when it is formatted: %v", name, err)
		}
		if twice, err := sx.Format(sx.NewSource(name, once)); err != nil || twice != once {
			t.Errorf("%s: it is formatted in two ways: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 50 {
		t.Errorf("%d files were found; something is not looked at", count)
	}
}
