package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fairlead-dev/fairlead/practices"
)

// client is the other end of a server, over pipes.
type client struct {
	testing.TB
	dir   string // holds the files
	in    io.WriteCloser
	out   reader
	ended chan error
	next  int
	told  []message // notifications that have come and that nobody has asked for yet
}

// start starts a server among files in the manner of txtar.
func start(t testing.TB, files string, options ...func(*Options)) *client {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(files)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	theirs, in := pipe(t)
	out, ours := pipe(t)
	o := Options{In: theirs, Out: ours, Version: "1.0.0", Practices: practices.All}
	for _, set := range options {
		set(&o)
	}
	c := &client{TB: t, dir: dir, in: in, out: reader{bufio.NewReader(out)}, ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		err := Serve(ctx, o)
		ours.Close()
		c.ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		in.Close()
	})
	return c
}

// pipe is one of the system's, which holds what nobody has read yet.
func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, w
}

// opened is one that has begun, with the directory as its folder.
func opened(t testing.TB, files string, options ...func(*Options)) *client {
	t.Helper()
	c := start(t, files, options...)
	c.ask("initialize", `{"workspaceFolders": [{"uri": "DIR", "name": "all"}], "capabilities": {"workspace": {"workspaceEdit": {"documentChanges": true}}}}`)
	c.say("initialized", `{}`)
	return c
}

// expand puts the directory's URI in place of DIR.
func (c *client) expand(text string) string { return strings.ReplaceAll(text, "DIR", "file://"+c.dir) }

func (c *client) send(body string) {
	c.Helper()
	if _, err := fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		c.Fatal(err)
	}
}

func (c *client) say(method, params string) {
	c.Helper()
	c.send(c.expand(fmt.Sprintf(`{"jsonrpc": "2.0", "method": %q, "params": %s}`, method, params)))
}

// ask returns the result of a request, or "error CODE: MESSAGE".
func (c *client) ask(method, params string) string {
	c.Helper()
	c.next++
	c.send(c.expand(fmt.Sprintf(`{"jsonrpc": "2.0", "id": %d, "method": %q, "params": %s}`, c.next, method, params)))
	return c.answer(fmt.Sprint(c.next))
}

// answer waits for the one to an id.
func (c *client) answer(id string) string {
	c.Helper()
	for {
		body, err := c.out.next()
		if err != nil {
			c.Fatalf("no answer to %s: %v", id, err)
		}
		var got struct {
			message
			Result json.RawMessage `json:"result"`
			Error  *problem        `json:"error"`
		}
		if err := json.Unmarshal(body, &got); err != nil {
			c.Fatalf("%s: %v", body, err)
		}
		switch {
		case got.Method != "":
			c.told = append(c.told, got.message)
		case string(got.ID) != id:
			c.Fatalf("the answer is to %s, not to %s: %s", got.ID, id, body)
		case got.Error != nil:
			return fmt.Sprintf("error %d: %s", got.Error.Code, got.Error.Message)
		default:
			return string(got.Result)
		}
	}
}

// diagnostics waits for those of a version of a file: "LINE:FROM-TO CODE", a line each. What is published of others
// before is passed over.
func (c *client) diagnostics(file string, version int) string {
	c.Helper()
	for {
		var p publishParams
		if err := json.Unmarshal(c.notice("textDocument/publishDiagnostics").Params, &p); err != nil {
			c.Fatal(err)
		}
		if p.URI != c.expand("DIR/"+file) || p.Version == nil || *p.Version != version {
			continue
		}
		var b strings.Builder
		for _, d := range p.Diagnostics {
			fmt.Fprintf(&b, "%d:%d-%d %s\n", d.Range.Start.Line, d.Range.Start.Character, d.Range.End.Character, d.Code)
		}
		return b.String()
	}
}

// notice waits for a notification.
func (c *client) notice(method string) message {
	c.Helper()
	for {
		for i, m := range c.told {
			if m.Method == method {
				c.told = append(c.told[:i], c.told[i+1:]...)
				return m
			}
		}
		body, err := c.out.next()
		if err != nil {
			c.Fatalf("no %s: %v", method, err)
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			c.Fatalf("%s: %v", body, err)
		}
		c.told = append(c.told, m)
	}
}

// open opens a file, with a text of its own or as it is on disk.
func (c *client) open(file, text string) {
	c.Helper()
	if text == "" {
		onDisk, err := os.ReadFile(filepath.Join(c.dir, file))
		if err != nil {
			c.Fatal(err)
		}
		text = string(onDisk)
	}
	c.say("textDocument/didOpen", fmt.Sprintf(`{"textDocument": {"uri": "DIR/%s", "languageId": "yaml", "version": 1, "text": %s}}`, file, encoded(text)))
}

// change makes changes, given as the protocol has them.
func (c *client) change(file string, version int, changes string) {
	c.Helper()
	c.say("textDocument/didChange", fmt.Sprintf(`{"textDocument": {"uri": "DIR/%s", "version": %d}, "contentChanges": [%s]}`, file, version, changes))
}
