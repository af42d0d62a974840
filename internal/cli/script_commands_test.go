package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/manifest"
)

// exits runs a command and demands its exit code: "exits 2 fairlead diff nowhere".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "exits CODE COMMAND…")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// waitfor repeats a command until its output matches: "waitfor 'ready' fairlead status shop".
func waitfor(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "waitfor PATTERN COMMAND…")
	pattern, err := regexp.Compile(`(?m)` + args[0])
	ts.Check(err)
	if until(context.Background(), func(context.Context) (bool, error) {
		_ = ts.Exec(args[1], args[2:]...)
		return pattern.MatchString(ts.ReadFile("stdout") + ts.ReadFile("stderr")), nil
	}) != nil {
		ts.Fatalf("no %q in what %q says", args[0], args[1:])
	}
}

// scrubs are what differs from run to run, with spaces after it that pad a table's column.
var scrubs = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "COMMIT"},
	{regexp.MustCompile(`("contentHash"): "[0-9a-f]{32}"`), `$1: "HASH"`},
	{regexp.MustCompile(`\b[0-9a-f]{8}\b`), "REVISION"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ?)?`), "TIME"},
	{regexp.MustCompile(`\b\d+[smh](  +| ago)`), "AGE$1"},
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "http://git"},
	{regexp.MustCompile(`oci://127\.0\.0\.1:\d+`), "oci://registry"},
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "DIGEST"},
	{regexp.MustCompile(`("(?:fetch|render|check|plan|apply|prune)"): \d+`), "$1: MILLISECONDS"},
	{regexp.MustCompile(`(?m)^( +took ).*`), "${1}MILLISECONDS"},
	{regexp.MustCompile(` \(asked for by [^)]+\)`), ""}, // the push may have been quicker
	{regexp.MustCompile(`\n *"requestedBy": "[^"]*",`), ""},
	{regexp.MustCompile(`("observedGeneration"): \d+`), "$1: N"},
	{regexp.MustCompile(`  +`), "  "},
}

// scrub prints the last output without what differs from run to run, and with columns two spaces apart. JSON, where
// indentation matters to readers, keeps its spaces.
func scrub(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) > 0, "scrub")
	text := ts.ReadFile("stdout")
	isJSON := json.Valid([]byte(text))
	for i, s := range scrubs {
		if last := i == len(scrubs)-1; last && isJSON {
			continue
		}
		text = s.what.ReplaceAllString(text, s.by)
	}
	_, err := ts.Stdout().Write([]byte(text))
	ts.Check(err)
}

// expand replaces $VARIABLES in files.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) == 0, "expand FILE…")
	for _, file := range args {
		text := os.Expand(ts.ReadFile(file), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o644))
	}
}

// commit makes a directory all there is on a branch (main, unless said) of a repository, which is made if need be, and
// tells the controller: "commit git/shop v1 'First version'".
func (s *stage) commit(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 3 || len(args) > 4, "commit SERVER/REPOSITORY DIRECTORY MESSAGE [BRANCH]")
	server, name := s.git[filepath.Dir(args[0])], filepath.Base(args[0])
	if err := server.Create(name); err != nil && !errors.Is(err, fs.ErrExist) {
		ts.Check(err)
	}
	root, files := os.DirFS(ts.MkAbs(args[1])), map[string][]byte{}
	ts.Check(fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path], err = fs.ReadFile(root, path)
		return err
	}))
	_, err := server.Commit(context.Background(), name, gitserver.Commit{
		Branch: strings.Join(args[3:], ""), Files: files, Replace: true, Author: "Ada Park <ada@example.com>", Message: args[2],
	})
	ts.Check(err)
	s.controller.Pushed(server.url + "/" + name)
}

// live prints an object of the script's namespace; "! live" demands that there is none.
func live(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) != 3, "live APIVERSION KIND NAME")
	object, err := resource(ts, args[0], args[1]).Get(context.Background(), args[2], metav1.GetOptions{})
	if neg {
		if err == nil {
			ts.Fatalf("%s %s is there", args[1], args[2])
		}
		return
	}
	ts.Check(err)
	text, err := json.MarshalIndent(object.Object, "", "  ")
	ts.Check(err)
	_, err = ts.Stdout().Write(append(text, '\n'))
	ts.Check(err)
}

// edit changes an object by hand, as somebody else: "edit v1 ConfigMap settings '{"data":{"a":"2"}}'", or by the name of
// a program: "edit … kubectl-edit".
func edit(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 4 && len(args) != 5, "edit APIVERSION KIND NAME PATCH [MANAGER]")
	manager := "somebody"
	if len(args) == 5 {
		manager = args[4]
	}
	_, err := resource(ts, args[0], args[1]).Patch(context.Background(), args[2], types.MergePatchType, []byte(args[3]),
		metav1.PatchOptions{FieldManager: manager})
	ts.Check(err)
}

// create makes the objects of a file by hand: "create kubectl-create flags.yaml".
func create(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "create MANAGER FILE")
	for _, o := range manifest.Read(args[1], []byte(ts.ReadFile(args[1]))).Objects {
		_, err := resource(ts, o.GetAPIVersion(), o.GetKind()).Create(context.Background(), &o.Unstructured, metav1.CreateOptions{FieldManager: args[0]})
		ts.Check(err)
	}
}

// remove deletes an object by hand.
func remove(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 3, "delete APIVERSION KIND NAME")
	ts.Check(resource(ts, args[0], args[1]).Delete(context.Background(), args[2], metav1.DeleteOptions{}))
}

// resource is the endpoint of a kind in the script's namespace.
func resource(ts *testscript.TestScript, apiVersion, kind string) dynamic.ResourceInterface {
	config, err := clientcmd.BuildConfigFromFlags("", ts.Getenv("KUBECONFIG"))
	ts.Check(err)
	client, err := cluster.NewClient(config)
	ts.Check(err)
	mapping, err := client.Mapping(schema.FromAPIVersionAndKind(apiVersion, kind))
	ts.Check(err)
	return client.Resource(mapping, ts.Getenv("NAMESPACE"))
}

func usage(ts *testscript.TestScript, wrong bool, line string) {
	if wrong {
		ts.Fatalf("use it as: %s", line)
	}
}
