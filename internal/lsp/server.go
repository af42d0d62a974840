// Package lsp is a language server: what a person writes in an editor is judged while they write, and findings stand at
// their lines, with the practice's text and what mends them.
//
// In go messages of the Language Server Protocol, out come answers and diagnostics. Files are only read: what changes
// them is an edit that the person chooses and the editor makes.
package lsp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/practice"
)

// Options are what a server works with.
type Options struct {
	In        io.Reader
	Out       io.Writer
	Version   string // of Fairlead
	Practices []*practice.Practice
	// Mend returns the texts of files with a finding mended, by path, or nil if it can't be; what is in them it reads. Nil:
	// only people mend.
	Mend func(f practice.Finding, read func(path string) ([]byte, error)) map[string][]byte
	// Wait is how long after a change there has to be no other before the file is judged; zero: 30 milliseconds.
	Wait time.Duration
}

// ErrNotShutDown says that the client went away without the words that the protocol has for it.
var ErrNotShutDown = errors.New("the editor has gone without shutting the server down")

// server is owned by one goroutine, the one in Serve; what judges gets copies and sends back what it found.
type server struct {
	Options
	out writer

	hasBegun, isShutDown bool
	heedsVersions        bool // the client takes edits with a document's version
	documents            map[string]*document
	folders              folders
	found                chan verdict
	turn                 chan struct{} // holds one while a file is judged
	judging              sync.WaitGroup
}

// Serve answers a client until it says exit, goes away (ErrNotShutDown) or ctx ends.
func Serve(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	if o.Wait == 0 {
		o.Wait = 30 * time.Millisecond
	}
	s := &server{
		Options: o, out: writer{out: o.Out}, documents: map[string]*document{}, found: make(chan verdict), turn: make(chan struct{}, 1),
	}
	defer s.judging.Wait()
	defer cancel()
	incoming := make(chan received)
	go func() { // nobody waits for it: a read from a terminal or pipe ends with the process
		in := reader{bufio.NewReader(o.In)}
		for {
			body, err := in.next()
			select {
			case incoming <- received{body, err}:
			case <-ctx.Done():
				return
			}
			if err != nil && !errors.Is(err, errTooLong) {
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case v := <-s.found:
			s.show(v)
		case got := <-incoming:
			isOver, err := s.take(ctx, got)
			if isOver || err != nil {
				return err
			}
		}
	}
}

// received is a body, or why there is none.
type received struct {
	body []byte
	err  error
}

// take deals with what has come. Its error ends the server.
func (s *server) take(ctx context.Context, got received) (isOver bool, err error) {
	switch {
	case errors.Is(got.err, errTooLong):
		return false, s.out.write(answer{Version: "2.0", Error: &problem{parseError, got.err.Error()}})
	case got.err != nil: // the other end is gone
		return true, ErrNotShutDown
	}
	var m message
	if err := json.Unmarshal(got.body, &m); err != nil {
		return false, s.out.write(answer{Version: "2.0", Error: &problem{parseError, "the message is not a JSON-RPC object: " + err.Error()}})
	}
	isRequest := len(m.ID) > 0 && !bytes.Equal(m.ID, []byte("null"))
	switch {
	case m.Method == "exit":
		if !s.isShutDown {
			return true, ErrNotShutDown
		}
		return true, nil
	case m.Method == "" && isRequest:
		return false, nil // the answer to something that was never asked
	case isRequest:
		result, refusal := s.answer(m)
		return false, s.out.write(answer{Version: "2.0", ID: m.ID, Result: result, Error: refusal})
	case s.hasBegun && !s.isShutDown:
		return false, s.heed(ctx, m)
	}
	return false, nil
}

// answer answers a request. Each is answered at once from what is known, so that there is nothing for $/cancelRequest.
func (s *server) answer(m message) (json.RawMessage, *problem) {
	switch {
	case s.isShutDown:
		return nil, &problem{invalidRequest, "the server is shut down"}
	case m.Method != "initialize" && !s.hasBegun:
		return nil, &problem{notInitialized, m.Method + " came before initialize"}
	case m.Method == "initialize" && s.hasBegun:
		return nil, &problem{invalidRequest, "initialize came twice"}
	}
	switch m.Method {
	case "initialize":
		var p initializeParams
		if refusal := read(m, &p); refusal != nil {
			return nil, refusal
		}
		s.hasBegun, s.heedsVersions = true, p.Capabilities.Workspace.WorkspaceEdit.DocumentChanges
		if len(p.WorkspaceFolders) == 0 && p.RootURI != "" {
			p.WorkspaceFolders = []workspaceFolder{{p.RootURI}}
		}
		s.folders.change(p.WorkspaceFolders, nil)
		return capabilities(s.Version), nil
	case "shutdown":
		s.isShutDown = true
		return json.RawMessage("null"), nil
	case "textDocument/hover", "textDocument/codeAction":
		var p documentParams
		if refusal := read(m, &p); refusal != nil {
			return nil, refusal
		}
		d := s.documents[p.TextDocument.URI]
		if d == nil {
			return nil, &problem{invalidParams, p.TextDocument.URI + " is not open"}
		}
		if m.Method == "textDocument/hover" {
			return encoded(s.hover(d, p.Position)), nil
		}
		return encoded(s.actions(d, p.Range, p.Context.Only)), nil
	}
	return nil, &problem{unknownMethod, "there is no method " + m.Method}
}

// heed does what a notification says; one that is unknown says nothing.
func (s *server) heed(ctx context.Context, m message) error {
	var refusal *problem
	switch m.Method {
	case "textDocument/didOpen":
		var p openParams
		if refusal = read(m, &p); refusal == nil {
			d := newDocument(p)
			s.forget(d.uri)
			s.documents[d.uri] = d
			s.judge(ctx, d, 0)
		}
	case "textDocument/didChange":
		var p changeParams
		refusal = read(m, &p)
		d := s.documents[p.TextDocument.URI]
		if refusal != nil || d == nil {
			break
		}
		for _, c := range p.ContentChanges {
			d.text = changed(d.text, c)
		}
		d.version = p.TextDocument.Version
		s.judge(ctx, d, s.Wait)
	case "textDocument/didSave", "workspace/didChangeWatchedFiles":
		var p documentParams
		if refusal = read(m, &p); refusal != nil {
			break
		}
		if uri := p.TextDocument.URI; uri == "" || strings.Contains(strings.ToLower(path.Base(uri)), "kustomization") {
			s.folders.forget()
		}
		// What else is open may belong together with it.
		for _, d := range s.documents {
			s.judge(ctx, d, 0)
		}
	case "textDocument/didClose":
		var p documentParams
		if refusal = read(m, &p); refusal == nil && s.documents[p.TextDocument.URI] != nil {
			s.forget(p.TextDocument.URI)
			return s.notify("textDocument/publishDiagnostics", publishParams{URI: p.TextDocument.URI, Diagnostics: []diagnostic{}})
		}
	case "workspace/didChangeWorkspaceFolders":
		var p foldersParams
		if refusal = read(m, &p); refusal == nil {
			s.folders.change(p.Event.Added, p.Event.Removed)
		}
	}
	if refusal != nil {
		return s.log(refusal)
	}
	return nil
}

func read(m message, params any) *problem {
	if len(m.Params) == 0 {
		return &problem{invalidParams, m.Method + " came without params"}
	}
	if err := json.Unmarshal(m.Params, params); err != nil {
		return &problem{invalidParams, fmt.Sprintf("%s: %v", m.Method, err)}
	}
	return nil
}

func (s *server) notify(method string, params any) error {
	return s.out.write(notification{"2.0", method, params})
}

// log shows an error in the editor's log.
func (s *server) log(err error) error {
	const isError = 1
	return s.notify("window/logMessage", logParams{isError, err.Error()})
}

// forget lets go of a document.
func (s *server) forget(uri string) {
	if d := s.documents[uri]; d != nil {
		d.stop()
		delete(s.documents, uri)
	}
}
