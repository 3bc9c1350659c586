package lsp

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/sx-framework/sxgo/sx"
)

// job is one analysis to be made: of a root, with the buffers as they were when it was asked for. What waits for it is
// answered from its result.
type job struct {
	root  *root
	gen   int
	docs  map[string]*text
	vers  map[string]documentID // of the open buffers, by name
	waits []func(*index)
}

// queue holds the jobs to do. A job that nothing waits for is replaced by a newer one of its root. When too much waits, the
// handling goroutine does, and with it the editor.
type queue struct {
	mu      sync.Mutex
	room    sync.Cond // of mu: something was done
	jobs    []*job
	waiting int // requests that wait for a job
	wake    chan struct{}
	closed  bool
}

const (
	jobsMost  = 64
	waitsMost = 1024
)

// changed notes that a root is no longer what was analysed, and has it analysed as shot now has it.
func (s *server) changed(r *root) {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	r.gen++
	j := s.shot(r)
	if n := len(s.queue.jobs); n > 0 {
		for i := n - 1; i >= 0; i-- {
			old := s.queue.jobs[i]
			if old.root == r && len(old.waits) == 0 {
				s.queue.jobs[i] = j
				return
			}
			if old.root == r {
				break
			}
		}
	}
	s.queue.push(j)
}

// after calls f with the analysis of a root as it is now, on the analysing goroutine.
func (s *server) after(r *root, f func(*index)) {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	for len(s.queue.jobs) >= jobsMost || s.queue.waiting >= waitsMost {
		s.queue.room.Wait()
	}
	s.queue.waiting++
	for i := len(s.queue.jobs) - 1; i >= 0; i-- {
		if j := s.queue.jobs[i]; j.root == r && j.gen == r.gen {
			j.waits = append(j.waits, f)
			return
		}
	}
	j := s.shot(r)
	j.waits = append(j.waits, f)
	s.queue.push(j)
}

func (q *queue) push(j *job) {
	q.jobs = append(q.jobs, j)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// shot is a job for what the buffers of a root hold now.
func (s *server) shot(r *root) *job {
	j := &job{root: r, gen: r.gen, docs: map[string]*text{}, vers: map[string]documentID{}}
	for _, d := range s.docs {
		if d.root == r {
			version := d.version
			j.docs[d.name], j.vers[d.name] = d.text, documentID{d.uri, &version}
		}
	}
	return j
}

// analyse does the jobs until the queue is closed.
func (s *server) analyse() {
	for range s.queue.wake {
		for {
			s.queue.mu.Lock()
			if len(s.queue.jobs) == 0 || s.queue.closed {
				s.queue.mu.Unlock()
				break
			}
			j := s.queue.jobs[0]
			s.queue.jobs = slices.Delete(s.queue.jobs, 0, 1)
			s.queue.mu.Unlock()
			s.do(j)
			s.queue.mu.Lock()
			s.queue.waiting -= len(j.waits)
			s.queue.room.Broadcast()
			s.queue.mu.Unlock()
		}
	}
}

// do analyses, publishes what is wrong, and answers what waits.
func (s *server) do(j *job) {
	r := j.root
	if r.dropped.Load() {
		r.loader.close()
		s.publish(r, nil, j)
	} else if ix := r.latest.Load(); ix == nil || ix.gen != j.gen {
		ix := s.load(j)
		r.latest.Store(ix)
		s.publish(r, ix, j)
	}
	ix := r.latest.Load()
	if ix == nil {
		ix = newIndex(r, j, &sx.Program{}, nil, nil)
	}
	for _, f := range j.waits {
		f(ix)
	}
}

// loader is what the analysing goroutine keeps for a root from one load to the next.
type loader struct {
	app     Application
	repairs map[string]*repair
	shown   map[string]string // files with diagnostics: by name the URI they were published for
	goFiles map[string]goFile

	prog *sx.Program // what the last load found
	uses map[*sx.Source][]sx.Use
}

func (l *loader) close() {
	if l.app != nil {
		l.app.Close()
	}
	shown := l.shown
	*l = loader{shown: shown}
}

// load analyses a root.
func (s *server) load(j *job) *index {
	r := j.root
	prog, uses, repairs, err := s.try(r, j.docs)
	ix := newIndex(r, j, prog, uses, repairs)
	ix.enc = s.enc
	if prog != nil {
		ix.found = append(ix.found, prog.Diagnostics()...)
	}
	// What failed outside of the program, such as the bundling of a script.
	var many sx.Diagnostics
	var one *sx.Error
	switch {
	case errors.As(err, &many):
		for _, e := range many {
			if !slices.ContainsFunc(ix.found, func(o *sx.Error) bool { return o.Pos == e.Pos && o.Message == e.Message }) {
				ix.found = append(ix.found, e)
			}
		}
	case errors.As(err, &one):
		ix.found = append(ix.found, one)
	case err != nil:
		ix.found = append(ix.found, &sx.Error{Kind: sx.GoError, Message: err.Error()})
	}
	return ix
}

// try loads a root with some buffers.
func (s *server) try(r *root, docs map[string]*text) (prog *sx.Program, uses map[*sx.Source][]sx.Use, repairs map[string]*repair, err error) {
	l := &r.loader
	if l.app == nil {
		l.app = s.cfg.Open(r.dir, r.only != "", sx.WithUses(func(p *sx.Program, uses map[*sx.Source][]sx.Use) { l.prog, l.uses = p, uses }))
		l.repairs = map[string]*repair{}
	}
	l.prog, l.uses = nil, nil
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("loading failed: %v", v)
			s.logf("%v\n%s", err, debug.Stack())
		}
		prog, uses, repairs = l.prog, l.uses, l.repairs
		l.prog, l.uses = nil, nil
		if prog == nil {
			prog = &sx.Program{}
		}
	}()
	l.repairs = map[string]*repair{}
	err = l.app.Load(&overlay{base: os.DirFS(r.dir), docs: docs, only: r.only, apart: r.apart, repairs: l.repairs})
	if prog := l.prog; prog == nil && errors.Is(err, fs.ErrNotExist) && !exists(filepath.Dir(r.dir), filepath.Base(r.dir)) {
		err = nil // the folder is gone
	}
	return
}
