package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/check/fix"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// only has files judged by one practice, so that a test says all that is found.
func only(id string) func(*Options) {
	return func(o *Options) {
		o.Practices = nil
		for _, p := range practices.All {
			if p.ID == id {
				o.Practices = append(o.Practices, p)
			}
		}
	}
}

const pod = `-- web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: ghcr.io/acme/web:1.4.2
      securityContext: {runAsUser: 0}
`

const isRoot = "7:24-33 run-as-non-root\n"

func TestFindingsFollowWhatIsWritten(t *testing.T) {
	t.Parallel()
	c := opened(t, pod, only("run-as-non-root"))
	c.open("web.yaml", "")
	for i, step := range []struct{ name, changes, want string }{
		{"as it was opened", "", isRoot},
		{"a number is put before another", `{"range": {"start": {"line": 7, "character": 35}, "end": {"line": 7, "character": 35}}, "text": "1000"}`,
			"7:6-21 run-as-non-root\n"},
		{"another field, and a line above them",
			`{"range": {"start": {"line": 7, "character": 40}, "end": {"line": 7, "character": 40}}, "text": ", runAsNonRoot: true"},
			{"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "# 😀\n"}`, ""},
		{"characters of two units", `{"range": {"start": {"line": 8, "character": 6}, "end": {"line": 8, "character": 61}}, "text": "\"😀\": 1\r\n      securityContext: {\"😀😀\": 1, runAsUser: 0}"}`,
			"9:35-44 run-as-non-root\n"},
		{"in the midst of writing", `{"range": {"start": {"line": 9, "character": 47}, "end": {"line": 9, "character": 48}}, "text": ""}`, "9:6-47 readable\n"},
		{"all of it anew", `{"text": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"}`, ""},
		{"nothing is left", `{"text": ""}`, ""},
		{"behind the end", `{"range": {"start": {"line": 90, "character": 9}, "end": {"line": 99, "character": 9}}, "text": "apiVersion: v1\nkind: Pod\n"}`, "0:0-14 readable\n"},
	} {
		if i > 0 {
			c.change("web.yaml", i+1, step.changes)
		}
		if diff := cmp.Diff(step.want, c.diagnostics("web.yaml", i+1)); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	c.say("textDocument/didClose", `{"textDocument": {"uri": "DIR/web.yaml"}}`)
	if got := string(c.notice("textDocument/publishDiagnostics").Params); got != c.expand(`{"uri":"DIR/web.yaml","diagnostics":[]}`) {
		t.Errorf("after it was closed: %s", got)
	}
}

func TestWhatIsNotSavedCountsInOtherFiles(t *testing.T) {
	t.Parallel()
	c := opened(t, `
-- k8s/service.yaml --
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}}
-- k8s/web.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: {containers: [{name: web, image: a:1, ports: [{name: http, containerPort: 80}]}]}}
-- chart/Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- chart/values.yaml --
user: 1000
-- chart/templates/web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: web, image: "a:1", securityContext: {runAsNonRoot: true, runAsUser: {{ .Values.user }}}}
-- base/kustomization.yaml --
resources: [web.yaml]
-- base/web.yaml --
{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: a:1, securityContext: {runAsNonRoot: true, runAsUser: 1}}]}}
-- prod/kustomization.yaml --
resources: [../base]
patches: [{path: patch.yaml}]
-- prod/patch.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: web, securityContext: {runAsUser: 0}}
`)
	found := func(file string, version int, practice string) bool {
		t.Helper()
		return strings.Contains(c.diagnostics(file, version), practice)
	}
	c.open("k8s/service.yaml", "")
	if found("k8s/service.yaml", 1, "services-match") {
		t.Error("the port is there, and isn't found")
	}
	c.open("chart/templates/web.yaml", "")
	if found("chart/templates/web.yaml", 1, "run-as-non-root") {
		t.Error("the values name a user, and root is found")
	}
	c.open("chart/values.yaml", "user: 0\n")
	c.say("workspace/didChangeWatchedFiles", `{"changes": []}`)
	if !found("chart/templates/web.yaml", 1, "run-as-non-root") {
		t.Error("the values that aren't saved name root, and nothing is found")
	}
	c.open("prod/patch.yaml", "")
	if !found("prod/patch.yaml", 1, "5:36-45 run-as-non-root") {
		t.Error("nothing is found in the patch")
	}
	c.open("base/web.yaml", "")
	if found("base/web.yaml", 1, "run-as-non-root") {
		t.Error("what the patch says is found in the base")
	}
}

func TestFilesOfOtherKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ uri, text, want string }{
		"a Dockerfile":                     {"DIR/Dockerfile", "FROM scratch\nFORM scratch\n", "readable"},
		"one that was never saved":         {"untitled:Untitled-1", "FROM golang:1.26\nUSER root\n", "run-as-non-root"},
		"manifests that were never saved":  {"untitled:Untitled-1", strings.SplitAfterN(pod, "\n", 2)[1], "run-as-non-root"},
		"in a directory that isn't there":  {"DIR/new/web.yaml", strings.SplitAfterN(pod, "\n", 2)[1], "run-as-non-root"},
		"with characters that URIs escape": {"DIR/a%20b%C3%A9.yaml", strings.SplitAfterN(pod, "\n", 2)[1], "run-as-non-root"},
		"what holds no objects":            {"DIR/compose.yaml", "services: {}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := opened(t, "")
			client.say("textDocument/didOpen", fmt.Sprintf(`{"textDocument": {"uri": %q, "version": 7, "text": %s}}`, c.uri, encoded(c.text)))
			got := string(client.notice("textDocument/publishDiagnostics").Params)
			if !strings.Contains(got, c.want) || c.want == "" && !strings.Contains(got, `"version":7,"diagnostics":[]`) {
				t.Errorf("published is %s", got)
			}
		})
	}
}

func TestHover(t *testing.T) {
	t.Parallel()
	c := opened(t, pod, only("run-as-non-root"))
	c.open("web.yaml", "")
	c.diagnostics("web.yaml", 1)
	got := c.ask("textDocument/hover", `{"textDocument": {"uri": "DIR/web.yaml"}, "position": {"line": 7, "character": 28}}`)
	for _, want := range []string{`"kind":"markdown"`, "Containers run as a user that is not root", "## When it does not fit", `"start":{"line":7,"character":24}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := c.ask("textDocument/hover", `{"textDocument": {"uri": "DIR/web.yaml"}, "position": {"line": 0, "character": 3}}`); got != "null" {
		t.Errorf("where nothing was found there is %s", got)
	}
	c.change("web.yaml", 2, `{"text": "# fairlead: allow run-as-non-root because it has to\n"}`)
	got = c.ask("textDocument/hover", `{"textDocument": {"uri": "DIR/web.yaml"}, "position": {"line": 0, "character": 20}}`)
	if !strings.Contains(got, "Containers run as a user that is not root") || !strings.Contains(got, `"end":{"line":0,"character":33}`) {
		t.Errorf("of the exception there is %s", got)
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	mend := func(o *Options) {
		o.Mend = func(f practice.Finding, read func(string) ([]byte, error)) map[string][]byte {
			text, _ := read(f.Origin.Path)
			return map[string][]byte{f.Origin.Path: []byte(strings.Replace(string(text), "runAsUser: 0", "runAsUser: 1000", 1))}
		}
	}
	c := opened(t, pod, only("run-as-non-root"), mend)
	c.open("web.yaml", "")
	c.diagnostics("web.yaml", 1)
	ask := func(context string) (actions []codeAction) {
		t.Helper()
		got := c.ask("textDocument/codeAction", `{"textDocument": {"uri": "DIR/web.yaml"}, "range": {"start": {"line": 7, "character": 30}, "end": {"line": 7, "character": 30}}, "context": `+context+`}`)
		if err := json.Unmarshal([]byte(got), &actions); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		return actions
	}
	var got []string
	for _, a := range ask(`{"diagnostics": []}`) {
		edit := a.Edit.DocumentChanges[0]
		got = append(got, fmt.Sprintf("%s\n%d %d:%d-%d:%d %q", a.Title, *edit.TextDocument.Version, edit.Edits[0].Range.Start.Line, edit.Edits[0].Range.Start.Character,
			edit.Edits[0].Range.End.Line, edit.Edits[0].Range.End.Character, edit.Edits[0].NewText))
	}
	want := []string{
		"Mend: set securityContext.runAsNonRoot: true and a runAsUser other than 0 for the pod\n" + `1 7:0-8:0 "      securityContext: {runAsUser: 1000}\n"`,
		"Let it be: an exception from run-as-non-root\n" + `1 7:0-7:0 "      # fairlead: allow run-as-non-root because \n"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := ask(`{"diagnostics": [], "only": ["refactor"]}`); len(got) > 0 {
		t.Errorf("asked for something else, it offers %v", got)
	}
	c.change("web.yaml", 2, `{"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "\n\n"}`)
	if got := ask(`{"diagnostics": []}`); len(got) > 0 {
		t.Errorf("before the new text is judged it offers %v", got)
	}
}

// What a template gets from the values is mended there: on disk, or as they are open, unless they have been changed since.
func TestATemplateIsMendedInItsValues(t *testing.T) {
	t.Parallel()
	const chart = `
-- Chart.yaml --
{apiVersion: v2, name: web, version: 1.0.0}
-- values.yaml --
# of the web server
securityContext:
  runAsUser: 1000
-- templates/web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: ghcr.io/acme/web:1.4.2
      securityContext: {{- toYaml .Values.securityContext | nindent 8 }}
`
	mends := func(o *Options) { o.Mend = fix.InPlace }
	c := opened(t, chart, only("run-as-non-root"), mends)
	ask := func(c *client) string {
		t.Helper()
		var actions []codeAction
		got := c.ask("textDocument/codeAction", `{"textDocument": {"uri": "DIR/templates/web.yaml"}, "range": {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}, "context": {}}`)
		if err := json.Unmarshal([]byte(got), &actions); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		for _, a := range actions {
			if strings.HasPrefix(a.Title, "Mend") {
				title, _, _ := strings.Cut(a.Title, ":")
				return strings.ReplaceAll(title+" "+string(encoded(a.Edit)), c.expand("DIR"), "DIR")
			}
		}
		return ""
	}
	c.open("templates/web.yaml", "")
	c.diagnostics("templates/web.yaml", 1)
	const edit = `,"edits":[{"range":{"start":{"line":3,"character":0},"end":{"line":3,"character":0}},"newText":"  runAsNonRoot: true\n"}]}]}`
	if got, want := ask(c), `Mend in values.yaml {"documentChanges":[{"textDocument":{"uri":"DIR/values.yaml","version":null}`+edit; got != want {
		t.Errorf("on disk: %s, want %s", got, want)
	}
	c.open("values.yaml", "securityContext:\n  runAsUser: 1000\n\n")
	if got := ask(c); got != "" {
		t.Errorf("opened with another text than was judged: %s", got)
	}
	c.say("workspace/didChangeWatchedFiles", `{"changes": []}`)
	c.diagnostics("templates/web.yaml", 1)
	if got, want := ask(c), `"DIR/values.yaml","version":1}`+strings.ReplaceAll(edit, `"line":3`, `"line":2`); !strings.HasSuffix(got, want) {
		t.Errorf("open: %s, want %s", got, want)
	}

	old := start(t, chart, only("run-as-non-root"), mends)
	old.ask("initialize", `{"workspaceFolders": [{"uri": "DIR", "name": "all"}], "capabilities": {}}`)
	old.open("templates/web.yaml", "")
	old.diagnostics("templates/web.yaml", 1)
	if got := ask(old); got != "" {
		t.Errorf("a client that knows no versions is offered %s", got)
	}
}

func TestOnlyTheLastOfManyChangesIsJudged(t *testing.T) {
	t.Parallel()
	c := opened(t, pod, only("run-as-non-root"))
	c.open("web.yaml", "")
	const last = 200
	for version := 2; version <= last; version++ {
		c.change("web.yaml", version, `{"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "\n"}`)
	}
	if got, want := c.diagnostics("web.yaml", last), "206:24-33 run-as-non-root\n"; got != want {
		t.Errorf("at last it is %s", got)
	}
	if got := c.ask("shutdown", "null"); got != "null" || len(c.told) > 0 {
		t.Errorf("shutdown is answered with %s, and after the last of the changes came %v", got, c.told)
	}
}

func TestOrderOfASession(t *testing.T) {
	t.Parallel()
	c := start(t, pod)
	for _, step := range []struct{ method, params, want string }{
		{"textDocument/hover", `{}`, "error -32002: textDocument/hover came before initialize"},
		{"initialize", `7`, "error -32602: initialize: json: cannot unmarshal number into Go value of type lsp.initializeParams"},
		{"initialize", `{"rootUri": "DIR", "capabilities": {}}`, string(capabilities("1.0.0"))},
		{"initialize", `{}`, "error -32600: initialize came twice"},
		{"textDocument/rename", `{}`, "error -32601: there is no method textDocument/rename"},
		{"textDocument/hover", `{"textDocument": {"uri": "file:///nowhere.yaml"}}`, "error -32602: file:///nowhere.yaml is not open"},
		{"textDocument/codeAction", `[]`, "error -32602: textDocument/codeAction: json: cannot unmarshal array into Go value of type lsp.documentParams"},
		{"shutdown", `null`, "null"},
		{"textDocument/hover", `{}`, "error -32600: the server is shut down"},
	} {
		if step.method == "textDocument/hover" { // none of them stops it, or is answered
			c.say("textDocument/didOpen", `{}`)
			c.say("$/cancelRequest", `{"id": 1}`)
			c.say("$/unheardOf", `{}`)
		}
		if diff := cmp.Diff(step.want, c.ask(step.method, step.params)); diff != "" {
			t.Errorf("%s: %s", step.method, diff)
		}
	}
	c.say("exit", "null")
	if err := <-c.ended; err != nil {
		t.Errorf("it ends with %v", err)
	}
}

func TestAnEditorThatIsGone(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(c *client){
		"without a word":   func(c *client) { c.in.Close() },
		"in a message":     func(c *client) { _, _ = io.WriteString(c.in, "Content-Length: 10\r\n\r\n{"); c.in.Close() },
		"without shutdown": func(c *client) { c.say("exit", "null") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := opened(t, pod)
			c.open("web.yaml", "")
			leave(c)
			if err := <-c.ended; !errors.Is(err, ErrNotShutDown) {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	t.Parallel()
	const unread = "error -32700: "
	for name, c := range map[string]struct{ raw, want string }{
		"no JSON":               {"Content-Length: 5\r\n\r\n{\"a\":", unread},
		"no object":             {"Content-Length: 2\r\n\r\n[]", unread},
		"a length that is less": {"Content-Length: 4\r\n\r\n{\"jsonrpc\": \"2.0\", \"method\": \"a\"}", unread},
		"a length of too much":  {"Content-Length: 99999999999\r\n\r\n{\"jsonrpc\": \"2.0\"}", unread + errTooLong.Error()},
		"a length of no number": {"Content-Length: many\r\n\r\n{}", ""},
		"a length below zero":   {"Content-Length: -1\r\n\r\n{}", ""},
		"no length":             {"Content-Type: text\r\n\r\n{}", ""},
		"no header":             {strings.Repeat("x", 1<<20) + "\n", ""},
		"other headers":         {"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:2\r\n\r\n{}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := opened(t, "")
			if _, err := io.WriteString(client.in, c.raw); err != nil {
				t.Fatal(err)
			}
			if c.want != "" {
				if got := client.answer("null"); !strings.HasPrefix(got, c.want) {
					t.Errorf("it is answered with %s", got)
				}
			}
			if got := client.ask("shutdown", "null"); got != "null" {
				t.Errorf("afterwards it answers %s", got)
			}
		})
	}
}

func TestWhatCannotBeJudgedIsLogged(t *testing.T) {
	t.Parallel()
	c := opened(t, pod)
	c.say("textDocument/didOpen", `{"textDocument": {"uri": 7}}`)
	if got := string(c.notice("window/logMessage").Params); !strings.Contains(got, `"type":1`) || !strings.Contains(got, "textDocument/didOpen") {
		t.Errorf("logged is %s", got)
	}
	c.open("web.yaml", strings.Repeat("# much\n", 2<<20))
	if got := string(c.notice("window/logMessage").Params); !strings.Contains(got, "more than 10 MiB") {
		t.Errorf("logged is %s", got)
	}
}
