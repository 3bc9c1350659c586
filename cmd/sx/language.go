package main

import "github.com/sx-framework/sxgo/sx"

func languageOptions() []sx.Option { return nil }

func outsidePrimitives() []*sx.Primitive { return nil }

func componentFiles(dir string) ([]*sx.Source, error) { return nil, nil }
