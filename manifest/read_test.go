package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct {
		text     string
		objects  []string // "place id"
		problems []string
		skipped  []string
	}{
		"two documents": {
			text:    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n# comment\napiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: x}\n",
			objects: []string{"f.yaml:1 Service a", "f.yaml:6 Service x/b"},
		},
		"a broken document leaves its neighbours": {
			text:     "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\nfoo: [1\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n",
			objects:  []string{"f.yaml:1 Service a", "f.yaml:7 Service b"},
			problems: []string{"f.yaml:5: not YAML: did not find expected ',' or ']'"},
		},
		"a key that belongs nowhere": {
			text:     "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n namespace: b\nspec: {}\n",
			problems: []string{"f.yaml:5: not YAML: did not find expected key"},
		},
		"a list that isn't closed": {
			text:     "apiVersion: v1\nkind: Pod\nspec:\n  hosts: [a, b\nstatus: {}\n",
			problems: []string{"f.yaml:4: not YAML: did not find expected ',' or ']'"},
		},
		"tabs": {
			text:     "apiVersion: v1\nkind: Service\nmetadata:\n\tname: a\n",
			problems: []string{"f.yaml:4: not YAML: a tab indents this line"},
		},
		"no name": {
			text:     "apiVersion: v1\nkind: Service\nspec: {}\n",
			problems: []string{"f.yaml:1: Service has no name"},
		},
		"name made up by the server": {
			text:     "\n\napiVersion: batch/v1\nkind: Job\nmetadata: {generateName: x-}\n",
			problems: []string{`f.yaml:3: Job has generateName "x-" and no name: an object named anew at each sync can't be followed`},
		},
		"kind without apiVersion": {
			text:     "kind: Service\nmetadata: {name: a}\n",
			problems: []string{"f.yaml:1: object has no apiVersion"},
		},
		"a number for a name": {
			text:     "apiVersion: v1\nkind: Service\nmetadata: {name: 12}\n",
			problems: []string{"f.yaml:1: Service: metadata.name 12 is not a string"},
		},
		"not an object": {
			text:    "version: '3'\nservices: {}\n",
			skipped: []string{"f.yaml:1: not a Kubernetes object: no apiVersion and no kind"},
		},
		"a list is its items": {
			text:    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n- apiVersion: v1\n  kind: Service\n  metadata: {name: b}\n",
			objects: []string{"f.yaml:4 Service a", "f.yaml:7 Service b"},
		},
		"JSON with tabs": {
			text:    "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Service\",\n\t\"metadata\": {\"name\": \"a\"}\n}\n",
			objects: []string{"f.yaml:1 Service a"},
		},
		"byte order mark, CRLF and content on the marker's line": {
			text:    "\xef\xbb\xbf--- # first\r\napiVersion: v1\r\nkind: Service\r\nmetadata: {name: a}\r\n...\r\n",
			objects: []string{"f.yaml:2 Service a"},
		},
		"a key twice": {
			text:     "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {}\nspec: {}\n",
			problems: []string{`f.yaml:5: key "spec" is set twice, first on line 4 of the document`},
		},
		"billion laughs": {
			text: "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
				"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
			problems: []string{"f.yaml:1: document expands to more than 1000000 values or 500 levels"},
		},
		"a byte that is no text": {
			text:     "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\x00b\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n",
			objects:  []string{"f.yaml:6 Service b"},
			problems: []string{"f.yaml:4: not YAML: control characters are not allowed"},
		},
		"another encoding": {
			text:     "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {externalName: gr\xf6\xdfer}\n",
			problems: []string{"f.yaml:4: not YAML: invalid trailing UTF-8 octet"},
		},
		"a file that ends too soon": {
			text:     "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: \"b",
			objects:  []string{"f.yaml:1 Service a"},
			problems: []string{"f.yaml:7: not YAML: found unexpected end of stream"},
		},
		"an empty file": {text: "\n---\n# nothing\n---\n"},
	} {
		t.Run(name, func(t *testing.T) {
			set := Read("f.yaml", []byte(tt.text))
			var objects, problems, skipped []string
			for _, o := range set.Objects {
				objects = append(objects, o.Origin.String()+" "+o.ID().String())
			}
			for _, p := range set.Problems {
				problems = append(problems, p.Error())
				if hint.Of(p) == "" {
					t.Errorf("problem %q has no next step", p.Error())
				}
			}
			for _, s := range set.Skipped {
				skipped = append(skipped, s.Path+": "+s.Reason)
			}
			if diff := cmp.Diff(tt.objects, objects); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.skipped, skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScalarsMeanWhatKubectlReads(t *testing.T) {
	set := Read("f.yaml", []byte(`
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
base: &base {mode: 0644, on: kept}
data:
  <<: *base
  yes: yes
  quoted: "yes"
  int: 12
  float: 1.5
  date: 2020-01-01
  "null": ~
  big: 18446744073709551615
`))
	want := map[string]any{
		"mode": int64(0o644), "on": "kept", "yes": true, "quoted": "yes", "int": int64(12), "float": 1.5,
		"date": "2020-01-01", "null": nil, "big": float64(18446744073709551615),
	}
	if diff := cmp.Diff(want, set.Objects[0].Object["data"]); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

func TestLocate(t *testing.T) {
	set := Read("f.yaml", []byte(`# header
---
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: a}
  spec:
    template:
      spec:
        containers:
        - name: x
        - name: y
          image: nginx
`))
	o := set.Objects[0]
	for field, want := range map[string]string{
		"spec.template.spec.containers[1].image":  "f.yaml:15",
		"spec.template.spec.containers[1].absent": "f.yaml:14",
		"spec.replicas": "f.yaml:9",
		"":              "f.yaml:6",
	} {
		if got := o.Locate(FieldPath(field)...).String(); got != want {
			t.Errorf("Locate(%q) = %s, want %s", field, got, want)
		}
	}
}

// Columns count from the line's beginning, what stands before the document included; a key that "<<" takes in is where
// it is written.
func TestLocateColumns(t *testing.T) {
	set := Read("f.yaml", []byte(`--- {apiVersion: v1, kind: Pod, metadata: {name: a},
 spec: {}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: größer, labels: {app: a}}
base: &base
  mode: one
data:
  <<: [*base]
  list:
  - first
  -   second: 2
`))
	for _, tt := range []struct {
		object      int
		field, want string
	}{
		{0, "kind", "1:22"},
		{0, "metadata.name", "1:44"},
		{0, "spec", "2:2"},
		{1, "metadata.labels.app", "6:35"},
		{1, "data.mode", "8:3"},
		{1, "data.list[0]", "12:5"},
		{1, "data.list[1].second", "13:7"},
		{1, "data.list[2]", "11:3"},
	} {
		at := set.Objects[tt.object].Locate(FieldPath(tt.field)...)
		if got := fmt.Sprintf("%d:%d", at.Line, at.Column); got != tt.want {
			t.Errorf("Locate(%q) = %s, want %s", tt.field, got, tt.want)
		}
	}
}

func TestFieldPath(t *testing.T) {
	for field, want := range map[string][]string{
		"spec.containers[0].image":            {"spec", "containers", "0", "image"},
		".metadata.labels[app.kubernetes.io]": {"metadata", "labels", "app.kubernetes.io"},
		`data["a.b"].c`:                       {"data", "a.b", "c"},
		"":                                    nil,
		"a[":                                  {"a", ""},
	} {
		if diff := cmp.Diff(want, FieldPath(field)); diff != "" {
			t.Errorf("FieldPath(%q) (-want +got):\n%s", field, diff)
		}
	}
}

func TestUnique(t *testing.T) {
	set := Read("f.yaml", []byte("{apiVersion: v1, kind: Service, metadata: {name: same}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: same}}\n"+
		"---\n{apiVersion: v1, kind: Service, metadata: {name: differs}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: differs}, spec: {}}\n"))
	set.Unique()
	if len(set.Objects) != 1 || set.Objects[0].GetName() != "same" {
		t.Errorf("objects = %v, want only the equal pair, once", set.Objects)
	}
	if len(set.Problems) != 1 || set.Problems[0].Error() !=
		"f.yaml:7: Service differs: defined twice with different content, first at f.yaml:5: neither is applied" {
		t.Errorf("problems = %v", set.Problems)
	}
	if set.Complete() {
		t.Error("a set with a problem must not count as complete")
	}
}

func TestCorporaAreReadWithoutAbort(t *testing.T) {
	root := corpustest.Dir(t, "")
	objects, problems := 0, 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") && !strings.HasSuffix(path, ".json") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := Read(filepath.Base(path), data)
		for _, o := range set.Objects {
			if o.Origin.Line == 0 {
				t.Errorf("%s: %s has no line", path, o.ID())
			}
		}
		objects, problems = objects+len(set.Objects), problems+len(set.Problems)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects, %d problems", objects, problems)
	if objects < 500 {
		t.Errorf("only %d objects read", objects)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("apiVersion: v1\nkind: List\nitems: [{kind: A, apiVersion: b, metadata: {name: c}}]\n---\n{{ x }}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, o := range Read("f.yaml", data).Objects {
			o.Locate("spec", "0")
		}
	})
}
