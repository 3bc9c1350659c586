package main

import (
	"context"
	"fmt"

	"github.com/d5/tengo/v2"
	"github.com/d5/tengo/v2/stdlib"
	"github.com/dop251/goja"
	lua "github.com/yuin/gopher-lua"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sx-framework/sxgo/sx"
)

// engine prepares a workload: what it gives runs it once.
type engine struct {
	name    string
	prepare func(w workload) (func() (float64, error), error)
}

var engines = []engine{
	{"native", func(w workload) (func() (float64, error), error) {
		return func() (float64, error) { return w.native(), nil }, nil
	}},
	{"sx", prepareSX},
	{"starlark", prepareStarlark},
	{"gopher-lua", prepareLua},
	{"tengo", prepareTengo},
	{"goja", prepareGoja},
}

func prepareSX(w workload) (func() (float64, error), error) {
	p, err := sx.LoadSources([]*sx.Source{sx.NewSource(w.name, w.sx)})
	if err != nil {
		return nil, err
	}
	fn, ok := p.Lookup("run")
	if !ok {
		return nil, fmt.Errorf("run is not defined")
	}
	return func() (float64, error) {
		v, err := p.Call(context.Background(), fn)
		if err != nil {
			return 0, err
		}
		return v.Float(), nil
	}, nil
}

func prepareStarlark(w workload) (func() (float64, error), error) {
	thread := &starlark.Thread{}
	globals, err := starlark.ExecFileOptions(&syntax.FileOptions{Recursion: true, While: true}, thread, w.name, w.starlark, nil)
	if err != nil {
		return nil, err
	}
	fn := globals["run"]
	return func() (float64, error) {
		v, err := starlark.Call(thread, fn, nil, nil)
		if err != nil {
			return 0, err
		}
		f, _ := starlark.AsFloat(v)
		return f, nil
	}, nil
}

func prepareLua(w workload) (func() (float64, error), error) {
	l := lua.NewState(lua.Options{RegistrySize: 1 << 15, RegistryMaxSize: 1 << 18}) // table.concat needs two per item
	if err := l.DoString(w.lua); err != nil {
		return nil, err
	}
	fn := l.GetGlobal("run")
	return func() (float64, error) {
		if err := l.CallByParam(lua.P{Fn: fn, NRet: 1, Protect: true}); err != nil {
			return 0, err
		}
		f := float64(l.Get(-1).(lua.LNumber))
		l.Pop(1)
		return f, nil
	}, nil
}

func prepareTengo(w workload) (func() (float64, error), error) {
	s := tengo.NewScript([]byte(w.tengo))
	s.SetImports(stdlib.GetModuleMap("text"))
	c, err := s.Compile()
	if err != nil {
		return nil, err
	}
	return func() (float64, error) {
		if err := c.Run(); err != nil {
			return 0, err
		}
		return c.Get("out").Float(), nil
	}, nil
}

func prepareGoja(w workload) (func() (float64, error), error) {
	vm := goja.New()
	if _, err := vm.RunString(w.js); err != nil {
		return nil, err
	}
	fn, ok := goja.AssertFunction(vm.Get("run"))
	if !ok {
		return nil, fmt.Errorf("run is no function")
	}
	return func() (float64, error) {
		v, err := fn(goja.Undefined())
		if err != nil {
			return 0, err
		}
		return v.ToFloat(), nil
	}, nil
}
