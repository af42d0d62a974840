package deliver

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/practice"
)

// short finds values of ConfigMaps that are longer than one letter, at the severity that the name of the field says.
var short = &practice.Practice{
	ID: "short", Severity: practice.Error, Inputs: practice.Manifests, Leads: "nothing", Fix: "shorten it",
	Run: func(p *practice.Pass) {
		for o := range p.Of("", "ConfigMap") {
			for _, name := range []string{"error", "warning"} {
				if severity, _ := practice.ParseSeverity(name); len(o.Text("data", name)) > 1 {
					p.Report(practice.Note{At: o.At("data", name), Severity: severity, Message: o.ID().String() + " has a long " + name})
				}
			}
		}
	},
}

func withData(name, data string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {" + data + "}\n"
}

// gate adds one to a Spec.
func gate(change func(*Gate)) func(*Spec) {
	return func(s *Spec) {
		s.Gate = Gate{Practices: []*practice.Practice{short}, Closes: practice.Error}
		change(&s.Gate)
	}
}

func TestTheGate(t *testing.T) {
	s := newSite(t)
	good := map[string]string{"a.yaml": withData("a", "error: x")}
	old := map[string]string{"a.yaml": withData("a", "error: long")}
	more := map[string]string{"a.yaml": withData("a", "error: long"), "b.yaml": withData("b", "warning: long, error: long")}
	settings := map[string]string{"a.yaml": withData("a", "error: long"), ".fairlead.yaml": "practices: {exceptions: [{allow: short because x}]}\n"}
	broken := map[string]string{"a.yaml": withData("a", "error: x"), ".fairlead.yaml": "practices: {exception: []}\n"}
	locked, problems := practice.ReadPolicy("platform.yaml", []byte("practices: {locked: [short]}\n"), []*practice.Practice{short})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, tt := range map[string]struct {
		files, last map[string]string
		change      func(*Gate)
		closed      []string // by
	}{
		"settings":             {files: settings, change: func(*Gate) {}},
		"settings locked out":  {files: settings, change: func(g *Gate) { g.Settings = locked }, closed: []string{"ConfigMap NS/a has a long error"}},
		"broken settings":      {files: broken, change: func(g *Gate) { g.Closes = practice.Warning }, closed: []string{`practices has no key "exception"`}},
		"nothing found":        {files: good, change: func(*Gate) {}},
		"an error":             {files: old, change: func(*Gate) {}, closed: []string{"ConfigMap NS/a has a long error"}},
		"the severest first":   {files: more, change: func(g *Gate) { g.Closes = practice.Info }, closed: []string{"ConfigMap NS/a has a long error", "ConfigMap NS/b has a long error", "ConfigMap NS/b has a long warning"}},
		"no gate":              {files: old, change: func(g *Gate) { g.Closes = 0 }},
		"an exception":         {files: old, change: func(g *Gate) { g.Exceptions = []practice.Stated{{Text: "allow short because x"}} }},
		"one that has ended":   {files: old, change: func(g *Gate) { g.Exceptions = []practice.Stated{{Text: "allow short until 2020-01-01 because x"}} }, closed: []string{"ConfigMap NS/a has a long error"}},
		"delivered before":     {files: old, last: old, change: func(*Gate) {}},
		"only what is new":     {files: more, last: old, change: func(g *Gate) { g.OnlyNew = true }, closed: []string{"ConfigMap NS/b has a long error"}},
		"nothing is new":       {files: map[string]string{"a.yaml": withData("a", "error: longer")}, last: old, change: func(g *Gate) { g.OnlyNew = true }},
		"new if all is":        {files: old, change: func(g *Gate) { g.OnlyNew = true }, closed: []string{"ConfigMap NS/a has a long error"}},
		"not new, but counted": {files: more, last: old, change: func(*Gate) {}, closed: []string{"ConfigMap NS/a has a long error", "ConfigMap NS/b has a long error"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T, s.dir = t, t.TempDir()
			var delivered string
			var last Source
			if tt.last != nil {
				s.files(tt.last)
				delivered, last = s.preview(gate(func(g *Gate) { g.Closes = 0 })).Judgement.Content, LocalSource(s.dir)
				s.dir = t.TempDir()
			}
			s.files(tt.files)
			for _, isKnown := range []bool{true, false} { // of what was delivered before hashes of it were kept
				spec := s.spec(gate(func(g *Gate) {
					if g.Last = last; isKnown {
						g.Delivered = delivered
					}
					tt.change(g)
				}))
				r, err := s.pipeline.Preview(t.Context(), spec)
				var messages []string
				if e, ok := errors.AsType[*GateError](err); ok {
					for _, f := range e.Findings {
						messages = append(messages, strings.ReplaceAll(f.Message, s.namespace, "NS"))
					}
				} else if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.closed, messages); diff != "" {
					t.Errorf("the gate is closed by (-want +got):\n%s", diff)
				}
				if closed := err != nil; closed != (r.Plan == nil) || closed && hint.Of(err) == "" {
					t.Errorf("plan %v, next step %q", r.Plan, hint.Of(err))
				}
			}
		})
	}
}

// Where what was delivered can't be had, all counts, and it is said.
func TestWhatIsNewCantBeTold(t *testing.T) {
	s := newSite(t)
	s.files(map[string]string{"a.yaml": withData("a", "error: long")})
	_, err := s.pipeline.Preview(t.Context(), s.spec(gate(func(g *Gate) {
		g.OnlyNew, g.Delivered, g.Last = true, "something else", LocalSource(s.dir+"/gone")
	})))
	if err == nil || !strings.Contains(err.Error(), "all count as new: what was delivered last can't be read") {
		t.Errorf("error is %v", err)
	}
}

func TestADryGateStopsNothing(t *testing.T) {
	s := newSite(t)
	s.files(map[string]string{"a.yaml": withData("a", "error: long")})
	r := s.preview(gate(func(g *Gate) { g.Dry = true }))
	if r.Closed == nil || r.Plan == nil {
		t.Errorf("closed %v, plan %v", r.Closed, r.Plan)
	}
}

// What is known isn't judged again, unless its files, the exceptions or the day are others.
func TestTheSameIsJudgedOnce(t *testing.T) {
	s := newSite(t)
	judge := func(change func(*Gate)) *Judgement {
		t.Helper()
		snapshot, path, err := source.LocalAt(t.Context(), s.dir+"/app", "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		return s.preview(gate(change), func(s *Spec) { s.Source = SnapshotSource{Snapshot: snapshot, Path: path} }).Judgement
	}
	files := map[string]string{"app/a.yaml": withData("a", "error: long")}
	s.files(files)
	s.commit()
	first := judge(func(g *Gate) { g.Closes = 0 })
	again := func(change func(*Gate)) *Judgement {
		return judge(func(g *Gate) {
			g.Closes, g.Known = 0, []*Judgement{first}
			change(g)
		})
	}
	files["README.md"] = "x"
	s.files(files)
	s.commit()
	if again(func(*Gate) {}) != first {
		t.Error("the same was judged again")
	}
	if again(func(g *Gate) { g.Exceptions = []practice.Stated{{Text: "allow short because x"}} }) == first {
		t.Error("an exception was not looked at")
	}
	files["app/a.yaml"] = "# fairlead: allow short because x\n" + files["app/a.yaml"]
	s.files(files)
	s.commit()
	if j := again(func(*Gate) {}); j.Content != first.Content || len(j.Worst(practice.Info)) > 0 {
		t.Errorf("content %s and %s; found %v", first.Content, j.Content, j.Findings)
	}
}

func TestContentLeavesValuesOfSecretsOut(t *testing.T) {
	s := newSite(t)
	contents := map[string]string{}
	for name, text := range map[string]string{
		"one":         "{password: hunter1}",
		"other value": "{password: hunter2}",
		"other key":   "{token: hunter1}",
	} {
		s.files(map[string]string{"a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: " + text + "\n"})
		contents[name] = s.preview(gate(func(*Gate) {})).Judgement.Content
	}
	if contents["one"] != contents["other value"] || contents["one"] == contents["other key"] {
		t.Errorf("contents are %v", contents)
	}
}

func TestScoresByNamespace(t *testing.T) {
	s := newSite(t)
	s.files(map[string]string{
		"a.yaml": withData("a", "error: long"), "b.yaml": withData("b", "error: x"),
		"c.yaml": strings.Replace(withData("c", "error: x"), "{name: c}", "{name: c, namespace: kube-public}", 1),
	})
	j := s.preview(gate(func(g *Gate) { g.Closes = 0 })).Judgement
	want := map[string]NamespaceScore{s.namespace: {Objects: 2, Score: 0}, "kube-public": {Objects: 1, Score: 100}}
	if diff := cmp.Diff(want, j.Namespaces); diff != "" || j.Scores.Score != 0 {
		t.Errorf("score %d; (-want +got):\n%s", j.Scores.Score, diff)
	}
}

func TestAMergeTellsWhatItAdds(t *testing.T) {
	s := newSite(t)
	s.files(map[string]string{"a.yaml": withData("a", "error: long")})
	from := s.spec(gate(func(g *Gate) { g.Dry = true }))
	s.dir = t.TempDir()
	s.files(map[string]string{"a.yaml": withData("a", "error: longer"), "b.yaml": withData("b", "warning: long")})
	r, err := s.pipeline.PreviewMerge(t.Context(), from, s.spec(gate(func(g *Gate) { g.Dry = true })))
	if err != nil {
		t.Fatal(err)
	}
	added := slices.Collect(func(yield func(string) bool) {
		for _, f := range r.Added {
			yield(strings.ReplaceAll(f.Message, s.namespace, "NS"))
		}
	})
	if diff := cmp.Diff([]string{"ConfigMap NS/b has a long warning"}, added); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whoever wrote an exception that holds nothing is told so beside what it was meant for.
func TestAClosedGateNamesExceptionsThatHoldNothing(t *testing.T) {
	s := newSite(t)
	s.files(map[string]string{"a.yaml": withData("a", "error: long")})
	for exception, want := range map[string]string{
		"allow short":                            "gives no reason",
		"allow short until 2020-01-01 because x": "has ended on 2020-01-01: x",
	} {
		_, err := s.pipeline.Preview(t.Context(), s.spec(gate(func(g *Gate) { g.Exceptions = []practice.Stated{{Text: exception}} })))
		closed, ok := errors.AsType[*GateError](err)
		if !ok || len(closed.Findings) != 1 || len(closed.Void) != 1 || !strings.Contains(closed.Void[0].Message, want) {
			t.Errorf("%s: %v: %+v", exception, err, closed)
		}
	}
}
