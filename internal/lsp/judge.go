package lsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/report"
	"github.com/fairlead-dev/fairlead/practice"
)

// document is an open file.
type document struct {
	uri     string
	path    string // "" if it is in no file
	version int
	text    []byte // never changed, only replaced: it is being judged

	run    int                // counts how often it was to be judged
	cancel context.CancelFunc // ends the judging that is under way; nil if none ever was
	// findings are those of the text as it was when it was judged last.
	findings []finding
	judged   int               // the version of that
	beside   map[string][]byte // the texts of what was open then, by path
}

// finding is one with what the editor was told of it.
type finding struct {
	practice.Finding
	diagnostic diagnostic
}

func newDocument(p openParams) *document {
	return &document{uri: p.TextDocument.URI, path: pathOf(p.TextDocument.URI), version: p.TextDocument.Version, text: []byte(p.TextDocument.Text)}
}

func (d *document) stop() {
	if d.cancel != nil {
		d.cancel()
	}
}

// pathOf is the file that a URI names; "" if it names none.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	if runtime.GOOS == "windows" {
		return filepath.Clean(filepath.FromSlash(strings.TrimPrefix(u.Path, "/")))
	}
	return filepath.Clean(u.Path)
}

// uriOf is the URI of a file.
func uriOf(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive of Windows
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// verdict is what came of judging a document as it was in a run.
type verdict struct {
	document *document
	run      int
	version  int
	beside   map[string][]byte
	findings []finding
	err      error
}

// judge has a document judged once nothing has changed for a while. What is judged of an older text is given up.
func (s *server) judge(ctx context.Context, d *document, wait time.Duration) {
	d.stop()
	d.run++
	ctx, d.cancel = context.WithCancel(ctx)
	texts := map[string][]byte{}
	for _, open := range s.documents {
		if open.path != "" {
			texts[open.path] = open.text
		}
	}
	v := verdict{document: d, run: d.run, version: d.version, beside: texts}
	path, text := d.path, d.text
	s.judging.Go(func() {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		select {
		case s.turn <- struct{}{}:
			v.findings, v.err = s.findings(ctx, path, text, texts)
			<-s.turn
		case <-ctx.Done():
			return
		}
		select {
		case s.found <- v:
		case <-ctx.Done():
		}
	})
}

// mostText is what is judged at most, as of files on disk.
const mostText = 10 << 20

// findings are those in a file, of all scopes that it is in.
func (s *server) findings(ctx context.Context, path string, text []byte, texts map[string][]byte) (all []finding, err error) {
	defer func() { // a bug costs the findings of one version, and not all that is open
		if bug := recover(); bug != nil {
			err = fmt.Errorf("judge %s: %v", path, bug)
		}
	}()
	if len(text) > mostText {
		return nil, fmt.Errorf("judge %s: it has more than 10 MiB", path)
	}
	in := check.Input{Unsaved: texts, Editing: &check.Editing{File: path, Kustomizations: s.folders.kustomizations(ctx, path)}}
	var result *check.Result
	if path != "" {
		result, err = check.Run(ctx, in, s.Practices)
	}
	if path == "" || errors.Is(err, fs.ErrNotExist) { // it has never been saved
		path = "stdin"
		result, err = check.Run(ctx, check.Input{Targets: []string{"-"}, Stdin: bytes.NewReader(text)}, s.Practices)
	}
	if err != nil {
		return nil, err
	}
	source := report.SourceOf(result)
	for _, f := range result.Findings {
		if f.Origin.Path != path {
			continue
		}
		told := finding{f, diagnose(f, source, text)}
		if !slices.ContainsFunc(all, func(before finding) bool { return before.diagnostic == told.diagnostic }) { // in another scope
			all = append(all, told)
		}
	}
	return all, nil
}

// diagnose tells a finding in the words and places of the protocol.
func diagnose(f practice.Finding, source *report.Source, text []byte) diagnostic {
	severity := map[practice.Severity]int{practice.Error: 1, practice.Warning: 2, practice.Info: 3}[f.Severity]
	d := diagnostic{Severity: severity, Code: f.Practice, Source: "fairlead", Message: f.Message}
	if f.Fix != "" {
		d.Message += "\nfix: " + f.Fix
	}
	if f.Values != "" {
		d.Message += "\nvalues: " + f.Values
	}
	for _, line := range source.Around(f, 0, 0) {
		written := []rune(lineAt(text, line.Number-1))
		column := func(n int) int { return width(string(written[:min(n, len(written))])) } // what is masked is of another length
		d.Range = textRange{position{line.Number - 1, column(line.From)}, position{line.Number - 1, column(line.To)}}
	}
	return d
}

// show publishes a verdict, unless it is about a text that has gone.
func (s *server) show(v verdict) {
	d := v.document
	if s.documents[d.uri] != d || v.run != d.run {
		return
	}
	if v.err != nil {
		_ = s.log(v.err) // a client that is gone is told of by reading from it
		return
	}
	d.findings, d.judged, d.beside = v.findings, v.version, v.beside
	all := make([]diagnostic, len(v.findings))
	for i, f := range v.findings {
		all[i] = f.diagnostic
	}
	_ = s.notify("textDocument/publishDiagnostics", publishParams{d.uri, &v.version, all})
}

// folders are those that are open in the editor, and the kustomizations in them.
type folders struct {
	mu    sync.Mutex
	known map[string][]string // directories with one, by folder; nil until somebody asks
}

func (f *folders) change(added, removed []workspaceFolder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := maps.Clone(f.known)
	if known == nil {
		known = map[string][]string{}
	}
	for _, folder := range removed {
		delete(known, pathOf(folder.URI))
	}
	for _, folder := range added {
		if path := pathOf(folder.URI); path != "" {
			known[path] = nil
		}
	}
	f.known = known
}

// forget has them looked for anew: some may have come or gone. Who is looking now writes to the map of before.
func (f *folders) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := map[string][]string{}
	for path := range f.known {
		known[path] = nil
	}
	f.known = known
}

// kustomizations are the directories with one, in the folder that a file is in.
func (f *folders) kustomizations(ctx context.Context, file string) []string {
	f.mu.Lock()
	known, within := f.known, ""
	for path := range known {
		if strings.HasPrefix(file, path+string(filepath.Separator)) && len(path) > len(within) {
			within = path
		}
	}
	found := known[within]
	f.mu.Unlock()
	if within == "" || found != nil {
		return found
	}
	found, err := check.Kustomizations(ctx, within)
	if err != nil {
		return nil // ctx has ended, or the folder is gone
	}
	found = append([]string{}, found...) // not nil, though there may be none
	f.mu.Lock()
	defer f.mu.Unlock()
	known[within] = found
	return found
}
