package lsp

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
)

// The life of a connection, of its buffers and of the folders they are in.

const rootsMost = 16 // folders kept; those without an open buffer go, the one used longest ago first

var requests = map[string]func(*server, *request){
	"initialize":                     now((*server).initialize),
	"shutdown":                       now((*server).shutdown),
	"textDocument/completion":        (*server).completion,
	"textDocument/hover":             analysed(here, (*server).hover),
	"textDocument/definition":        analysed(here, (*server).definition),
	"textDocument/references":        analysed(func(p *referenceParams) *positionParams { return &p.positionParams }, (*server).references),
	"textDocument/documentHighlight": analysed(here, (*server).highlight),
	"textDocument/prepareRename":     analysed(here, (*server).prepareRename),
	"textDocument/rename":            analysed(func(p *renameParams) *positionParams { return &p.positionParams }, (*server).rename),
	"textDocument/signatureHelp":     (*server).signatureHelp,
	"textDocument/formatting":        now((*server).formatting),
	"textDocument/documentSymbol":    now((*server).documentSymbols),
	"workspace/symbol":               (*server).workspaceSymbols,
}

var notifications = map[string]func(*server, json.RawMessage) error{
	"initialized":                         told((*server).initialized),
	"textDocument/didOpen":                told((*server).didOpen),
	"textDocument/didChange":              told((*server).didChange),
	"textDocument/didClose":               told((*server).didClose),
	"textDocument/didSave":                told((*server).didSave),
	"workspace/didChangeWatchedFiles":     told((*server).didChangeWatchedFiles),
	"workspace/didChangeWorkspaceFolders": told((*server).didChangeFolders),
}

func told[P any](f func(*server, *P)) func(*server, json.RawMessage) error {
	return func(s *server, params json.RawMessage) error {
		p := new(P)
		if len(params) > 0 {
			if err := json.Unmarshal(params, p); err != nil {
				return err
			}
		}
		f(s, p)
		return nil
	}
}

func (s *server) initialize(p *initializeParams) (any, error) {
	s.client = p.Capabilities
	if slices.Contains(s.client.General.PositionEncodings, string(utf8Units)) {
		s.enc = utf8Units
	}
	for _, f := range p.WorkspaceFolders {
		s.addFolder(pathOf(f.URI))
	}
	if len(p.WorkspaceFolders) == 0 {
		s.addFolder(pathOf(p.RootURI))
		if p.RootURI == "" && p.RootPath != "" {
			s.addFolder(filepath.Clean(p.RootPath))
		}
	}
	s.state = stateRunning
	type object = map[string]any
	return object{
		"serverInfo": object{"name": "sx", "version": s.cfg.Version},
		"capabilities": object{
			"positionEncoding":           string(s.enc),
			"textDocumentSync":           object{"openClose": true, "change": 2, "save": object{"includeText": false}},
			"completionProvider":         object{"triggerCharacters": []string{"(", ":", "~"}},
			"signatureHelpProvider":      object{"triggerCharacters": []string{" "}},
			"hoverProvider":              true,
			"definitionProvider":         true,
			"referencesProvider":         true,
			"documentHighlightProvider":  true,
			"renameProvider":             object{"prepareProvider": true},
			"documentFormattingProvider": true,
			"documentSymbolProvider":     true,
			"workspaceSymbolProvider":    true,
			"workspace":                  object{"workspaceFolders": object{"supported": true, "changeNotifications": true}},
		},
	}, nil
}

func (s *server) addFolder(dir string) {
	if dir != "" && !slices.Contains(s.workspace, dir) {
		s.workspace = append(s.workspace, dir)
	}
}

// initialized loads the folders of the workspace that are applications, and asks to be told of changed files.
func (s *server) initialized(*struct{}) {
	if s.client.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		type object = map[string]any
		s.ask("client/registerCapability", object{"registrations": []object{{
			"id": "files", "method": "workspace/didChangeWatchedFiles",
			"registerOptions": object{"watchers": []object{{"globPattern": "**/*.sx"}, {"globPattern": "**/*.go"}}},
		}}})
	}
	for _, dir := range s.workspace {
		if isApplication(dir) {
			s.changed(s.root(dir, "", false))
		}
	}
}

func (s *server) shutdown(*struct{}) (any, error) {
	s.state = stateShutdown
	return nil, nil
}

func (s *server) didChangeFolders(p *foldersParams) {
	for _, f := range p.Event.Removed {
		dir := pathOf(f.URI)
		s.workspace = slices.DeleteFunc(s.workspace, func(d string) bool { return d == dir })
		for _, r := range slices.Clone(s.roots) {
			if r.opened == 0 && dir != "" && below(r.dir, dir) {
				s.drop(r)
			}
		}
	}
	for _, f := range p.Event.Added {
		if dir := pathOf(f.URI); dir != "" {
			s.addFolder(dir)
			if isApplication(dir) {
				s.changed(s.root(dir, "", false))
			}
		}
	}
}

// root returns the root of a folder, made when there is none.
func (s *server) root(dir, only string, apart bool) *root {
	s.clock++
	i := slices.IndexFunc(s.roots, func(r *root) bool { return r.dir == dir && r.only == only })
	if i >= 0 {
		s.roots[i].last = s.clock
		return s.roots[i]
	}
	r := &root{dir: dir, only: only, apart: apart, last: s.clock}
	s.roots = append(s.roots, r)
	for len(s.roots) > rootsMost {
		var oldest *root
		for _, o := range s.roots {
			if o != r && o.opened == 0 && (oldest == nil || o.last < oldest.last) {
				oldest = o
			}
		}
		if oldest == nil {
			break
		}
		s.drop(oldest)
	}
	return r
}

// drop forgets a root. The analysing goroutine closes it, and takes its diagnostics back.
func (s *server) drop(r *root) {
	s.roots = slices.DeleteFunc(s.roots, func(o *root) bool { return o == r })
	r.dropped.Store(true)
	s.changed(r)
}

// find returns the root of a file and its name there; nil for what is no file.
func (s *server) find(uri string) (*root, string) {
	if d := s.docs[uri]; d != nil {
		return d.root, d.name
	}
	path := pathOf(uri)
	if path == "" || !strings.HasSuffix(path, ".sx") {
		return nil, ""
	}
	r := s.root(findRoot(path, s.workspace))
	return r, r.name(path)
}

func (s *server) didOpen(p *openParams) {
	if old := s.docs[p.TextDocument.URI]; old != nil {
		s.close(old)
	}
	d := &document{uri: p.TextDocument.URI, version: p.TextDocument.Version, text: newText(p.TextDocument.Text)}
	if path := pathOf(d.uri); path != "" {
		d.root = s.root(findRoot(path, s.workspace))
		d.name = d.root.name(path)
		d.root.opened++
	}
	s.docs[d.uri] = d
	s.edited(d)
}

func (s *server) didChange(p *changeParams) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return
	}
	d.text, d.treeIs = d.text.apply(p, s.enc), nil
	if p.TextDocument.Version != nil {
		d.version = *p.TextDocument.Version
	}
	s.edited(d)
}

func (s *server) edited(d *document) {
	if d.root != nil {
		s.changed(d.root)
	}
}

func (s *server) didClose(p *documentParams) {
	if d := s.docs[p.TextDocument.URI]; d != nil {
		s.close(d)
	}
}

func (s *server) close(d *document) {
	delete(s.docs, d.uri)
	if d.root == nil {
		return
	}
	d.root.opened--
	if d.root.only != "" && d.root.opened == 0 {
		s.drop(d.root)
		return
	}
	s.changed(d.root)
}

// didSave looks at the files again: not every editor tells of what changed on disk.
func (s *server) didSave(p *documentParams) {
	if d := s.docs[p.TextDocument.URI]; d != nil {
		s.edited(d)
	}
}

func (s *server) didChangeWatchedFiles(p *filesParams) {
	for _, r := range s.roots {
		for _, c := range p.Changes {
			path := pathOf(c.URI)
			if path == "" || s.docs[c.URI] != nil && strings.HasSuffix(path, ".sx") {
				continue // an open buffer counts, not its file
			}
			if below(path, r.dir) || below(r.dir, path) {
				s.changed(r)
				break
			}
		}
	}
}
